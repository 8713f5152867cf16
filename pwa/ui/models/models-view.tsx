import { useEffect, useRef, useState } from 'preact/hooks';
import type { ModelInfo } from '../../../engine/client/index.ts';
import { useObservable } from '../observable.ts';
import { useOnline } from '../online.ts';
import type { Services } from '../services.ts';
import { AddModel } from './add-model.tsx';
import { Catalogue } from './catalogue.tsx';
import { Here } from './here.tsx';
import { newsOf, type News } from './news.ts';
import { StorageBar } from './storage-bar.tsx';
import { useAttempts } from './use-attempts.ts';

interface ModelsViewProps {
  services: Services;
  /** The browser never removes files by itself here, as in an extension with unlimited storage. */
  kept?: boolean;
}

/** The models of this installation: what is here, how to get more, and room for them. */
export function ModelsView({ services, kept = false }: ModelsViewProps) {
  const { client, choice } = services;
  const { models, problem } = useObservable(choice);
  useEffect(() => choice.start(), [choice]);
  const attempts = useAttempts();
  const online = useOnline();
  /** The model that was asked for last: its card takes the focus. */
  const [fresh, setFresh] = useState<string>();
  const show = (id: string) => {
    setFresh(undefined); // the same one may be asked for again
    requestAnimationFrame(() => setFresh(id));
  };
  const get = async (model: ModelInfo, quantization: string | undefined) => {
    const added = await attempts.attempt(model.id, () => client.addModel(model.id, quantization));
    if (added) show(added.id);
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
          <AddModel client={client} models={models} onAdded={show} />
          <Catalogue models={models} attempts={attempts} onGet={get} />
          <Announcer models={models} />
        </>
      ) : (
        !problem && <p class="faint">Looking at what is stored…</p>
      )}
    </div>
  );
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
