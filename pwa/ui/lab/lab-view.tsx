import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { LocalLLMError } from '../../../engine/client/index.ts';
import type { EngineStatus, ErrorData } from '../../../engine/client/index.ts';
import type { EngineProfile, ForwardProfile } from '../../../engine/protocol/profile.ts';
import { adviceFor, type Advice } from '../engine/advice.ts';
import { Notice } from '../engine/notice.tsx';
import { ProgressBar } from '../engine/progress.tsx';
import type { Remedy } from '../engine/remedies.ts';
import { useObservable } from '../observable.ts';
import type { Services } from '../services.ts';
import { KernelTable } from './kernel-table.tsx';
import { TimelineView } from './timeline-view.tsx';
import { formatFlops, formatRate, formatTime } from './timeline.ts';

interface LabViewProps {
  services: Services;
  remedy: Remedy;
}

/** Tokens before the profiled ones; those that the model can hold are offered. */
const CONTEXTS = [0, 512, 1024, 4096, 16_384, 65_536];
const PARTS = { decode: 'Decode step', prefill: 'Prefill chunk' } as const;

/** The profiler: where the time of one token goes, on the person's own GPU. */
export function LabView({ services, remedy }: LabViewProps) {
  const { status } = useObservable(services.monitor);
  const { profile, error, running, start, cancel } = useProfile(services);
  const [past, setPast] = useState(0);
  const most = status?.model?.contextTokens ?? 0;
  return (
    <div class="lab">
      <p class="faint">
        Times every dispatch of one decode step and of one chunk of a prompt, and holds each against what this GPU can
        do at best. The model is loaded anew for it, and nothing is answered meanwhile.
      </p>
      <div class="actions">
        <label class="field">
          Context before
          <select
            value={past}
            disabled={running}
            onChange={(event) => setPast(Number((event.target as HTMLSelectElement).value))}
          >
            {CONTEXTS.filter((tokens) => tokens === 0 || tokens < most).map((tokens) => (
              <option key={tokens} value={tokens}>
                {tokens === 0 ? 'none' : `${tokens.toLocaleString('en')} tokens`}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class={running ? '' : 'primary'} onClick={running ? cancel : () => start(past)}>
          {running ? 'Cancel' : profile ? 'Profile again' : 'Profile'}
        </button>
        {profile && !running && <ExportButton profile={profile} />}
      </div>
      {running && <ProfileProgress status={status} />}
      {error && !running && <Notice error={error} advice={labAdvice(error)} remedy={remedy} level={3} />}
      {profile && !running && <ProfileResult profile={profile} />}
    </div>
  );
}

/** One profile at a time; leaving the view ends it. */
function useProfile({ client }: Services) {
  const [profile, setProfile] = useState<EngineProfile>();
  const [error, setError] = useState<ErrorData>();
  const [running, setRunning] = useState(false);
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const start = (past: number) => {
    const mine = new AbortController();
    stop.current = mine;
    setRunning(true);
    setError(undefined);
    client
      .profile(past, mine.signal)
      .then(setProfile, (thrown: unknown) => {
        const failure = LocalLLMError.from(thrown).toData();
        if (failure.code !== 'aborted') setError(failure);
      })
      .finally(() => {
        if (stop.current === mine) setRunning(false);
      });
  };
  return { profile, error, running, start, cancel: () => stop.current?.abort() };
}

function ProfileProgress({ status }: { status: EngineStatus | undefined }) {
  const label = status?.state === 'downloading' ? 'Downloading the model' : 'Profiling';
  const known = status?.state === 'downloading' || status?.state === 'profiling';
  return <ProgressBar label={label} fraction={known ? status.progress : undefined} />;
}

function ProfileResult({ profile }: { profile: EngineProfile }) {
  const [part, setPart] = useState<keyof typeof PARTS>('decode');
  const { roofline, coarse, adapter, model } = profile;
  const forward = profile[part];
  return (
    <>
      <p role="status">
        <strong>{model.name}</strong> on {adapter}: {summaryOf(profile)}
      </p>
      <p class="faint small">
        Measured at best on this GPU: {formatRate(roofline.bytesPerSecond)} read, {formatFlops(roofline.flopsPerSecond)}{' '}
        of 32-bit floats.
      </p>
      {coarse && (
        <p class="hint">
          This browser rounds the GPU’s clock to 100 µs: times are means of {forward.runs} runs, and short dispatches
          are uncertain. In Chromium, chrome://flags/#enable-webgpu-developer-features makes them exact.
        </p>
      )}
      <fieldset class="segments">
        <legend class="visually-hidden">What was timed</legend>
        {(Object.keys(PARTS) as (keyof typeof PARTS)[]).map((name) => (
          <label key={name}>
            <input type="radio" name="part" checked={part === name} onChange={() => setPart(name)} />
            {PARTS[name]}
          </label>
        ))}
      </fieldset>
      <p class="small">{describeForward(forward)}</p>
      <TimelineView key={part} forward={forward} roofline={roofline} />
      <h3>Kernels</h3>
      <KernelTable forward={forward} roofline={roofline} />
      <p class="faint small">
        The roofline is the least time in which this GPU could move a kernel’s bytes or do its arithmetic. Matrix units
        and 16-bit floats can pass the arithmetic’s roof.
      </p>
    </>
  );
}

function summaryOf({ decode, prefill }: EngineProfile): string {
  const speed = (tokens: number, microseconds: number) =>
    `${Math.round((tokens * 1e6) / Math.max(microseconds, 1)).toLocaleString('en')} tokens/s`;
  return `${formatTime(decode.microseconds)} a token (${speed(1, decode.microseconds)}), prompts at ${speed(prefill.tokens, prefill.microseconds)}.`;
}

function describeForward({ tokens, past, dispatches, microseconds, runs }: ForwardProfile): string {
  const alone = dispatches.reduce((sum, dispatch) => sum + dispatch.microseconds, 0);
  const what = tokens === 1 ? 'One token' : `${tokens.toLocaleString('en')} tokens`;
  const before = past === 0 ? '' : ` after ${past.toLocaleString('en')}`;
  return (
    `${what}${before}: ${dispatches.length} dispatches, ${formatTime(microseconds)} together. ` +
    `Timed one by one, each in a pass of its own, they take ${formatTime(alone)}. ${runs} runs.`
  );
}

function ExportButton({ profile }: { profile: EngineProfile }) {
  const url = useMemo(
    () => URL.createObjectURL(new Blob([JSON.stringify(profile, null, 1)], { type: 'application/json' })),
    [profile],
  );
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return (
    <a class="button" href={url} download={`profile-${profile.model.id}.json`}>
      Save as JSON
    </a>
  );
}

/** Failures that mean something else here than in a chat. */
function labAdvice(error: ErrorData): Advice {
  if (error.code === 'not-supported') {
    return {
      title: 'No timestamps here',
      text: 'This browser or GPU does not tell how long its work takes, so there is nothing to show. Chromium-based browsers on a computer tell it.',
    };
  }
  if (error.code === 'invalid-state') {
    return { title: 'An answer is being written', text: 'Profile again when it is complete.' };
  }
  if (error.code === 'quota') {
    return { title: 'Too long a context', text: 'The model cannot hold so many tokens. Choose fewer.' };
  }
  return adviceFor(error);
}
