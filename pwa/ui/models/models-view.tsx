import { useEffect, useRef, useState } from 'preact/hooks';
import type { Client, ModelInfo } from '../../../engine/client/index.ts';
import { useObservable } from '../observable.ts';
import { useOnline } from '../online.ts';
import type { Services } from '../services.ts';
import { AddModel } from './add-model.tsx';
import { Catalogue } from './catalogue.tsx';
import { DeleteDialog, RenameDialog } from './dialogs.tsx';
import { here } from './filters.ts';
import { saveFiles } from './local-files.ts';
import { ModelCard } from './model-card.tsx';
import { newsOf, type News } from './news.ts';
import { StorageBar } from './storage-bar.tsx';
import { type Attempts, useAttempts, useModels } from './use-models.ts';

const NOTHING =
  'No model is here yet. Choose one below: it is downloaded once, checked, and works without a network from then on.';

interface ModelsViewProps {
  services: Services;
  /** The browser never removes files by itself here, as in an extension with unlimited storage. */
  kept?: boolean;
}

/** The models of this installation: what is here, how to get more, and room for them. */
export function ModelsView({ services, kept = false }: ModelsViewProps) {
  const { client } = services;
  const { models, problem } = useModels(client);
  const attempts = useAttempts();
  const online = useOnline();
  /** The model that was asked for last: its card takes the focus. */
  const [fresh, setFresh] = useState<string>();
  const get = async (model: ModelInfo, quantization: string | undefined) => {
    const added = await attempts.attempt(model.id, () => client.addModel(model.id, quantization));
    if (added) setFresh(added.id);
  };
  return (
    <div class="models">
      {problem && (
        <p class="hint" role="alert">
          {problem} Connecting again…
        </p>
      )}
      {!online && (
        <p class="hint" role="status">
          Offline. What is on this device works; downloads go on from where they are once there is a network.
        </p>
      )}
      {models ? (
        <>
          <Here models={models} services={services} attempts={attempts} fresh={fresh} onGet={get} />
          <StorageBar client={client} models={models} kept={kept} />
          <AddModel client={client} onAdded={setFresh} />
          <Catalogue models={models} attempts={attempts} onGet={get} />
          <Announcer models={models} />
        </>
      ) : (
        !problem && <p class="faint">Looking at what is stored…</p>
      )}
    </div>
  );
}

interface HereProps {
  models: readonly ModelInfo[];
  services: Services;
  attempts: Attempts;
  fresh: string | undefined;
  onGet: (model: ModelInfo, quantization: string | undefined) => Promise<void>;
}

/** What is on this device, or on its way. */
function Here({ models, services: { client, monitor }, attempts, fresh, onGet }: HereProps) {
  const { status } = useObservable(monitor);
  const [doomed, setDoomed] = useState<ModelInfo>();
  const [renamed, setRenamed] = useState<ModelInfo>();
  const heading = useRef<HTMLHeadingElement>(null);
  const { attempt } = attempts;
  const list = here(models);
  const remove = async ({ id }: ModelInfo) => {
    setDoomed(undefined);
    await attempt(id, () => client.deleteModel(id));
    heading.current?.focus();
  };
  const rename = ({ id }: ModelInfo, name: string) => {
    setRenamed(undefined);
    void attempt(id, () => client.renameModel(id, name));
  };
  return (
    <section aria-labelledby="models-here">
      <h3 id="models-here" ref={heading} tabIndex={-1}>
        On this device
      </h3>
      {list.length === 0 && <p class="card faint">{NOTHING}</p>}
      <ul class="cards">
        {list.map((model) => {
          const { id } = model;
          return (
            <ModelCard
              key={id}
              model={model}
              status={status}
              problem={attempts.problems[id]}
              busy={attempts.busy.has(id)}
              fresh={fresh === id}
              actions={{
                ...actionsOf(id, client, attempt),
                rename: () => setRenamed(model),
                remove: () => setDoomed(model),
                get: (quantization) => void onGet(model, quantization),
              }}
            />
          );
        })}
      </ul>
      {doomed && (
        <DeleteDialog model={doomed} onCancel={() => setDoomed(undefined)} onDelete={() => void remove(doomed)} />
      )}
      {renamed && (
        <RenameDialog
          model={renamed}
          onCancel={() => setRenamed(undefined)}
          onRename={(name) => rename(renamed, name)}
        />
      )}
    </section>
  );
}

/** What needs no question first. */
function actionsOf(id: string, client: Client, attempt: Attempts['attempt']) {
  return {
    use: () => void client.load(id).catch(() => {}), // the status tells
    unload: () => void client.unload().catch(() => {}),
    pause: () => void attempt(id, () => client.pauseModel(id)),
    resume: () => void attempt(id, () => client.resumeModel(id)),
    save: () => void attempt(id, async () => saveFiles(await client.exportModel(id))),
  };
}

/** Tells assistive technology of downloads, now and then. */
function Announcer({ models }: { models: readonly ModelInfo[] }) {
  const [spoken, setSpoken] = useState('');
  const news = useRef<News>(undefined);
  useEffect(() => {
    news.current = newsOf(news.current, models, performance.now());
    if (news.current.words !== '') setSpoken(news.current.words);
  }, [models]);
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {spoken}
    </div>
  );
}
