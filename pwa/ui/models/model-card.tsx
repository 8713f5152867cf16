import { useEffect, useId, useRef } from 'preact/hooks';
import type { EngineStatus, LocalLLMError, ModelInfo } from '../../../engine/client/index.ts';
import { adviceFor } from '../engine/advice.ts';
import { ProgressBar } from '../engine/progress.tsx';
import { formatBytes } from '../format.ts';
import { describeDownload, fractionOf } from './amounts.ts';
import { choicesOf, isCopied, licenseName } from './filters.ts';
import { Facts } from './facts.tsx';
import { FitReasons, FitTag } from './fit.tsx';
import { GetModel } from './get-model.tsx';

interface CardActions {
  use: () => void;
  unload: () => void;
  pause: () => void;
  resume: () => void;
  save: () => void;
  rename: () => void;
  remove: () => void;
  /** Another of its files. */
  get: (quantization: string | undefined) => void;
}

interface ModelCardProps {
  model: ModelInfo;
  status: EngineStatus | undefined;
  /** Why the last thing that was asked for did not work. */
  problem: LocalLLMError | undefined;
  busy: boolean;
  /** Takes the focus. */
  fresh: boolean;
  actions: CardActions;
}

/** A model that is on this device, or on its way. */
export function ModelCard({ model, status, problem, busy, fresh, actions }: ModelCardProps) {
  const { name, license, bytes, quantization, state, loaded, catalog } = model;
  const title = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (fresh) heading.current?.focus();
  }, [fresh]);
  const own = status?.model?.id === model.id ? status : undefined;
  const loading = own?.state === 'loading';
  const others = choicesOf(model).filter((choice) => choice.quantization !== quantization);
  const error = problem ?? model.error ?? (own?.state === 'failed' ? own.error : undefined);
  return (
    <li class="card" aria-labelledby={title}>
      <div class="card-head">
        <h4 id={title} ref={heading} tabIndex={-1}>
          {name}
        </h4>
        {loaded && <span class="tag good">In use</span>}
        {!loaded && <FitTag fit={model.fit} />}
        {state === 'paused' && !error && <span class="tag warn">Paused</span>}
        {error && state !== 'stored' && <span class="tag bad">Failed</span>}
      </div>
      <p class="faint small">
        {[formatBytes(bytes), quantization, license && `${licenseName(license)} licence`].filter(Boolean).join(' · ')}
      </p>
      {!loaded && <FitReasons fit={model.fit} />}
      {(state === 'downloading' || state === 'paused') && <Transfer model={model} />}
      {loading && <ProgressBar label="Loading" fraction={own.progress} />}
      {error && state !== 'downloading' && !loading && (
        <div class="model-problem" role="alert">
          <strong>{adviceFor(error).title}.</strong> {error.message}
        </div>
      )}
      <Buttons model={model} loading={loading} failed={error !== undefined} busy={busy} title={title} {...actions} />
      <details>
        <summary aria-describedby={title}>{catalog ? 'About this model' : 'Where it is from'}</summary>
        <Facts model={model} />
        {others.length > 0 && (
          <GetModel label="Get another size" choices={others} busy={busy} describedBy={title} onGet={actions.get} />
        )}
      </details>
    </li>
  );
}

/** How far a download or a copy is. */
function Transfer({ model }: { model: ModelInfo }) {
  const copied = isCopied(model);
  const label = model.state === 'paused' ? 'Downloaded' : copied ? 'Copying' : 'Downloading';
  return (
    <div class={model.state === 'paused' ? 'resting' : undefined}>
      <ProgressBar label={label} fraction={fractionOf(model)} detail={describeDownload(model)} />
      {copied && model.state === 'downloading' && (
        <p class="faint small">Leave this page open until the file is copied.</p>
      )}
    </div>
  );
}

interface ButtonsProps extends CardActions {
  model: ModelInfo;
  loading: boolean;
  failed: boolean;
  busy: boolean;
  /** Id of the model's name. */
  title: string;
}

function Buttons({ model, loading, failed, busy, title, ...actions }: ButtonsProps) {
  const { state } = model;
  const stored = state === 'stored';
  const [label, act] = mainOf(model, loading, failed, actions);
  return (
    <div class="actions">
      {act && (
        <button
          type="button"
          class={label === 'Use' || label === 'Try again' || label === 'Resume' ? 'small primary' : 'small'}
          disabled={busy}
          aria-describedby={title}
          onClick={act}
        >
          {label}
        </button>
      )}
      {stored && (
        <>
          <button type="button" class="small quiet" aria-describedby={title} onClick={actions.rename}>
            Rename
          </button>
          <button type="button" class="small quiet" disabled={busy} aria-describedby={title} onClick={actions.save}>
            Export
          </button>
        </>
      )}
      <button type="button" class="small quiet danger" aria-describedby={title} onClick={actions.remove}>
        {stored ? 'Delete' : 'Cancel'}
      </button>
    </div>
  );
}

/** The one thing that is done next. */
function mainOf(
  model: ModelInfo,
  loading: boolean,
  failed: boolean,
  { use, unload, pause, resume }: CardActions,
): [label: string, act: (() => void) | undefined] {
  if (model.state === 'stored') {
    if (loading) return ['Stop', unload];
    return model.loaded ? ['Unload', unload] : [failed ? 'Try again' : 'Use', use];
  }
  if (isCopied(model)) return ['', undefined]; // its file is not known any more
  return model.state === 'downloading' ? ['Pause', pause] : [failed ? 'Try again' : 'Resume', resume];
}
