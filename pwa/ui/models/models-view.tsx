import { useEffect, useState } from 'preact/hooks';
import { LocalLLMError } from '../../../engine/client/index.ts';
import type { EngineStatus, ModelInfo } from '../../../engine/client/index.ts';
import { Dialog } from '../dialog.tsx';
import { ProgressBar } from '../engine/progress.tsx';
import { formatBytes } from '../format.ts';
import { useObservable } from '../observable.ts';
import type { Services } from '../services.ts';
import { StorageBar } from './storage-bar.tsx';

interface ModelsViewProps {
  services: Services;
  /** The browser never removes files by itself here, as in an extension with unlimited storage. */
  kept?: boolean;
}

/** The models of this installation: fetch, load, delete. */
export function ModelsView({ services: { client, monitor }, kept = false }: ModelsViewProps) {
  const { status } = useObservable(monitor);
  const [models, setModels] = useState<ModelInfo[]>();
  const [problem, setProblem] = useState<string>();
  const [doomed, setDoomed] = useState<ModelInfo>();
  const show = (work: Promise<ModelInfo[]>) =>
    work.then(
      (list) => (setModels(list), setProblem(undefined)),
      (error: unknown) => setProblem(LocalLLMError.from(error).message),
    );
  // What is stored and loaded changes when the engine's state does.
  useEffect(() => void show(client.models()), [client, status?.state, status?.model?.id]);
  const load = (id: string) => client.load(id).catch(() => {}); // the status tells
  const remove = ({ id }: ModelInfo) => {
    setDoomed(undefined);
    void show(client.deleteModel(id));
  };
  return (
    <>
      {problem && (
        <p class="hint" role="alert">
          {problem}
        </p>
      )}
      {models?.length === 0 && <p class="faint">There are no models.</p>}
      <ul class="cards">
        {models?.map((model) => (
          <li key={model.id} class="card">
            <ModelCard
              model={model}
              status={status}
              onLoad={() => void load(model.id)}
              onDelete={() => setDoomed(model)}
            />
          </li>
        ))}
      </ul>
      <StorageBar changed={models} kept={kept} />
      {doomed && <ConfirmDelete model={doomed} onCancel={() => setDoomed(undefined)} onDelete={() => remove(doomed)} />}
    </>
  );
}

interface ModelCardProps {
  model: ModelInfo;
  status: EngineStatus | undefined;
  onLoad: () => void;
  onDelete: () => void;
}

function ModelCard({ model, status, onLoad, onDelete }: ModelCardProps) {
  const { name, license, bytes, storedBytes, state, loaded } = model;
  const working = status?.model?.id === model.id && (status.state === 'downloading' || status.state === 'loading');
  return (
    <>
      <div class="card-head">
        <h3>{name}</h3>
        {loaded && <span class="tag good">loaded</span>}
        {state === 'stored' && <span class="tag">on this device</span>}
        {state !== 'stored' && !working && (
          <span class="tag">{storedBytes > 0 ? 'partly downloaded' : 'not downloaded'}</span>
        )}
      </div>
      <p class="faint">{[formatBytes(bytes), license && `${license} licence`].filter(Boolean).join(' · ')}</p>
      {working && (
        <ProgressBar
          label={status.state === 'downloading' ? 'Downloading' : 'Loading'}
          fraction={status.progress}
          detail={status.state === 'downloading' ? formatBytes((status.progress ?? 0) * bytes) : undefined}
        />
      )}
      <div class="actions">
        {!loaded && !working && (
          <button type="button" class="primary" onClick={onLoad}>
            {state === 'stored' ? 'Load' : 'Download'}
          </button>
        )}
        {storedBytes > 0 && (
          <button type="button" class="danger" onClick={onDelete}>
            Delete
          </button>
        )}
      </div>
    </>
  );
}

interface ConfirmDeleteProps {
  model: ModelInfo;
  onCancel: () => void;
  onDelete: () => void;
}

function ConfirmDelete({ model: { name, storedBytes }, onCancel, onDelete }: ConfirmDeleteProps) {
  return (
    <Dialog title={`Delete ${name}?`} onClose={onCancel}>
      <p>
        Its file is removed from this browser’s private storage and {formatBytes(storedBytes)} become free. Chats stay.
        To use the model again, it is fetched again.
      </p>
      <div class="actions end">
        <button type="button" onClick={onCancel}>
          Keep
        </button>
        <button type="button" class="danger filled" onClick={onDelete}>
          Delete
        </button>
      </div>
    </Dialog>
  );
}
