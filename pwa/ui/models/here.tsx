import { useRef, useState } from 'preact/hooks';
import type { ModelInfo } from '../../../engine/client/index.ts';
import { useObservable } from '../observable.ts';
import type { Services } from '../services.ts';
import type { CardActions } from './card-buttons.tsx';
import { DeleteDialog, RenameDialog } from './dialogs.tsx';
import { here } from './filters.ts';
import { saveFiles } from './local-files.ts';
import { ModelCard } from './model-card.tsx';
import { SettingsDialog } from './settings-dialog.tsx';
import type { Attempts } from './use-attempts.ts';

const NOTHING =
  'No model is here yet. Choose one below: it is downloaded once, checked, and works without a network from then on.';

interface HereProps {
  models: readonly ModelInfo[];
  services: Services;
  attempts: Attempts;
  fresh: string | undefined;
  onGet: (model: ModelInfo, quantization: string | undefined) => Promise<void>;
}

/** What a person is asked about, and the model that it is about. */
type Question = { what: 'delete' | 'rename' | 'settings'; id: string };

/** Models and adapters that are on this device, or on their way. */
export function Here(props: HereProps) {
  const { models, services, attempts } = props;
  const [question, setQuestion] = useState<Question>();
  const heading = useRef<HTMLHeadingElement>(null);
  const { chosen, use } = useChoice(services, attempts);
  const asked = question && models.find(({ id }) => id === question.id);
  const list = here(models);
  const adapters = here(models, 'adapter');
  const cards = { ...props, chosen, onUse: use, onAsk: setQuestion };
  return (
    <>
      <section aria-labelledby="models-here">
        <h3 id="models-here" ref={heading} tabIndex={-1}>
          On this device
        </h3>
        {list.length === 0 && <p class="card faint">{NOTHING}</p>}
        {list.some(({ state }) => state === 'stored') && (
          <p class="faint small">
            All chats and all sites share the default model. Another one takes over when the answers that are being
            written have finished.
          </p>
        )}
        <Cards list={list} {...cards} />
      </section>
      {adapters.length > 0 && (
        <section aria-labelledby="models-adapters">
          <h3 id="models-adapters">Adapters</h3>
          <p class="faint small">They change how a model answers, and cannot answer by themselves.</p>
          <Cards list={adapters} {...cards} />
        </section>
      )}
      {asked && (
        <Asked
          what={question.what}
          model={asked}
          models={models}
          client={services.client}
          attempts={attempts}
          onClose={() => setQuestion(undefined)}
          onDeleted={() => heading.current?.focus()}
        />
      )}
    </>
  );
}

interface CardsProps extends HereProps {
  list: readonly ModelInfo[];
  chosen: string | undefined;
  onUse: (id: string) => Promise<void>;
  onAsk: (question: Question) => void;
}

function Cards({ list, models, services, attempts, fresh, chosen, onGet, onUse, onAsk }: CardsProps) {
  const { status } = useObservable(services.monitor);
  const { problems, busy, attempt } = attempts;
  const cardOf = (model: ModelInfo) => {
    const { id } = model;
    const ask = (what: Question['what']) => () => onAsk({ what, id });
    const actions: CardActions = {
      ...actionsOf(id, services.client, attempt),
      use: () => void onUse(id),
      configure: ask('settings'),
      rename: ask('rename'),
      remove: ask('delete'),
      get: (quantization) => void onGet(model, quantization),
    };
    const state = { problem: problems[id], busy: busy.has(id), chosen: chosen === id, fresh: fresh === id };
    // The status is the first to know.
    const now = status ? { ...model, loaded: status.state === 'ready' && status.model?.id === id } : model;
    return <ModelCard key={id} model={now} models={models} status={status} actions={actions} {...state} />;
  };
  return <ul class="cards">{list.map(cardOf)}</ul>;
}

interface AskedProps {
  what: Question['what'];
  model: ModelInfo;
  models: readonly ModelInfo[];
  client: Services['client'];
  attempts: Attempts;
  onClose: () => void;
  onDeleted: () => void;
}

function Asked({ what, model, models, client, attempts: { attempt }, onClose, onDeleted }: AskedProps) {
  const { id } = model;
  const remove = async () => {
    onClose();
    await attempt(id, () => client.deleteModel(id));
    onDeleted();
  };
  const rename = (name: string) => {
    onClose();
    void attempt(id, () => client.renameModel(id, name));
  };
  switch (what) {
    case 'delete':
      return <DeleteDialog model={model} models={models} onCancel={onClose} onDelete={() => void remove()} />;
    case 'rename':
      return <RenameDialog model={model} onCancel={onClose} onRename={rename} />;
    case 'settings':
      return (
        <SettingsDialog
          model={model}
          models={models}
          onSave={async (settings) => void (await client.configureModel(id, settings))}
          onClose={onClose}
        />
      );
  }
}

/** The model that was chosen last and does not answer yet. */
function useChoice({ client }: Services, { attempt }: Attempts) {
  const [chosen, setChosen] = useState<string>();
  const use = async (id: string) => {
    setChosen(id);
    await attempt(id, async () => {
      await client.setDefaultModel(id);
      // Where nothing was loaded before, it is now. The status tells of failures.
      client.load().catch(() => {});
    });
    setChosen((latest) => (latest === id ? undefined : latest));
  };
  return { chosen, use };
}

/** What needs no question first. */
function actionsOf(id: string, client: Services['client'], attempt: Attempts['attempt']) {
  return {
    load: () => void client.load().catch(() => {}), // the status tells
    unload: () => void client.unload().catch(() => {}),
    pause: () => void attempt(id, () => client.pauseModel(id)),
    resume: () => void attempt(id, () => client.resumeModel(id)),
    save: () => void attempt(id, async () => saveFiles(await client.exportModel(id))),
  };
}
