import { useEffect, useId, useRef } from 'preact/hooks';
import type { EngineStatus, LocalLLMError, ModelInfo } from '../../../engine/client/index.ts';
import { adviceFor } from '../engine/advice.ts';
import { ProgressBar } from '../engine/progress.tsx';
import { formatBytes, formatSpeed } from '../format.ts';
import { describeDownload, fractionOf } from './amounts.ts';
import { type CardActions, CardButtons } from './card-buttons.tsx';
import { choicesOf, isCopied, licenseName } from './filters.ts';
import { Facts } from './facts.tsx';
import { FitReasons, FitTag } from './fit.tsx';
import { GetModel } from './get-model.tsx';
import { describeSettings, usersOf } from './settings.ts';

interface ModelCardProps {
  model: ModelInfo;
  models: readonly ModelInfo[];
  status: EngineStatus | undefined;
  /** Why the last thing that was asked for did not work. */
  problem: LocalLLMError | undefined;
  busy: boolean;
  /** It was chosen, and does not answer yet. */
  chosen: boolean;
  /** Takes the focus. */
  fresh: boolean;
  actions: CardActions;
}

/** A model or an adapter that is on this device, or on its way. */
export function ModelCard({ model, models, status, problem, busy, chosen, fresh, actions }: ModelCardProps) {
  const { state } = model;
  const title = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (fresh) heading.current?.focus();
  }, [fresh]);
  const own = status?.model?.id === model.id ? status : undefined;
  const loading = own?.state === 'loading';
  const waiting = !loading && chosen;
  const broken = model.resumes ? undefined : model.error;
  const error = problem ?? broken ?? (own?.state === 'failed' ? own.error : undefined);
  const others = choicesOf(model).filter((choice) => choice.quantization !== model.quantization);
  return (
    <li class="card" aria-labelledby={title}>
      <div class="card-head">
        <h4 id={title} ref={heading} tabIndex={-1}>
          {model.name}
        </h4>
        <Tags model={model} failed={error !== undefined && state !== 'stored'} />
      </div>
      <Lines model={model} models={models} />
      {(state === 'downloading' || state === 'paused') && <Transfer model={model} />}
      {loading && <ProgressBar label="Loading" fraction={own.progress} />}
      {waiting && <ProgressBar label={status?.notice ?? 'Changing over…'} />}
      {own?.state === 'ready' && own.notice && <p class="hint">{own.notice}</p>}
      {error && state !== 'downloading' && !loading && (
        <div class="model-problem" role="alert">
          <strong>{adviceFor(error).title}.</strong> {error.message}
        </div>
      )}
      <CardButtons
        model={model}
        loading={loading}
        failed={error !== undefined}
        // Chosen once more, it waits no longer for answers that take long.
        busy={busy && !waiting}
        title={title}
        {...actions}
      />
      <details>
        <summary aria-describedby={title}>{model.catalog ? 'About this model' : 'Where it is from'}</summary>
        <Facts model={model} />
        {others.length > 0 && (
          <GetModel label="Get another size" choices={others} busy={busy} describedBy={title} onGet={actions.get} />
        )}
      </details>
    </li>
  );
}

function Tags({ model: { state, loaded, isDefault, fit, resumes }, failed }: { model: ModelInfo; failed: boolean }) {
  return (
    <>
      {isDefault && <span class="tag good">Default</span>}
      {loaded && <span class="tag">Loaded</span>}
      {!loaded && <FitTag fit={fit} />}
      {state === 'paused' && !failed && <span class="tag warn">{resumes ? 'Waiting' : 'Paused'}</span>}
      {failed && <span class="tag bad">Failed</span>}
    </>
  );
}

/** What is said of it in a line or two. */
function Lines({ model, models }: { model: ModelInfo; models: readonly ModelInfo[] }) {
  const { kind, bytes, quantization, license, loaded, speed, architecture } = model;
  const set = describeSettings(model.settings);
  const facts = [
    formatBytes(bytes),
    quantization,
    kind === 'adapter' && architecture && `for ${architecture} models`,
    license && `${licenseName(license)} licence`,
    speed && `${formatSpeed(speed.decode)} here`,
  ];
  return (
    <>
      <p class="faint small">{facts.filter(Boolean).join(' · ')}</p>
      {set.length > 0 && <p class="faint small">Set: {set.join(', ')}</p>}
      {kind === 'adapter' && model.state === 'stored' && <p class="faint small">{attachedText(model, models)}</p>}
      {!loaded && <FitReasons fit={model.fit} />}
    </>
  );
}

function attachedText({ id }: ModelInfo, models: readonly ModelInfo[]): string {
  const users = usersOf(id, models);
  if (users.length === 0) return 'Attached to no model. A model’s settings attach it.';
  return `Attached to ${users.map(({ model, scale }) => `${model.name} at ${scale}`).join(', ')}`;
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
      {model.resumes && (
        <p class="hint small">
          <span>
            {model.error && `${model.error.message} `}It goes on by itself once the network and this app are there.
          </span>
        </p>
      )}
    </div>
  );
}
