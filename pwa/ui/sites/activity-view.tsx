import { useEffect, useRef, useState } from 'preact/hooks';
import { formatAge } from '../format.ts';
import { OriginText } from '../permission/origin-name.tsx';
import { formatDuration, formatTokens } from './amounts.ts';
import { Switch } from './switch.tsx';
import type { ActivityEntry, ActivitySettings, ActivitySource } from './sources.ts';

/** What sites asked for, latest first. */
export function ActivityView({ source }: { source: ActivitySource }) {
  const { settings, entries, problem, ended, more, change } = useActivity(source);
  if (!settings) return problem ? <Problem message={problem} /> : null;
  return (
    <>
      {problem && <Problem message={problem} />}
      <div class="card log-settings">
        <Switch
          label="Keep a log of what sites ask for"
          hint="Which site, when and how much. It stays on this device; private windows are never in it."
          on={settings.on}
          onChange={(on) => void change(source.configure({ on, text: on && settings.text }))}
        />
        <Switch
          label="Keep texts too"
          hint="What was asked and answered. Switching it off deletes the texts that were kept."
          on={settings.text}
          disabled={!settings.on}
          onChange={(text) => void change(source.configure({ on: settings.on, text }))}
        />
      </div>
      {entries.length === 0 ? (
        <p class="card faint">{settings.on ? 'Nothing yet.' : 'Nothing: the log is switched off.'}</p>
      ) : (
        <>
          <ol class="log card">
            {entries.map((entry) => (
              <Entry key={entry.id} entry={entry} />
            ))}
          </ol>
          <div class="actions">
            {!ended && (
              <button type="button" onClick={() => void more()}>
                Show more
              </button>
            )}
            <button type="button" class="danger" onClick={() => void change(source.clear())}>
              Clear the log
            </button>
          </div>
        </>
      )}
    </>
  );
}

/** The log as far as it was shown, and what changes it. */
function useActivity(source: ActivitySource) {
  const [settings, setSettings] = useState<ActivitySettings>();
  const [entries, setEntries] = useState<ActivityEntry[]>([]);
  const [ended, setEnded] = useState(false);
  const [problem, setProblem] = useState<string>();
  const shown = useRef<ActivityEntry[]>([]);
  const put = (list: ActivityEntry[]) => setEntries((shown.current = list));
  const attempt = async (work: () => Promise<void>) => {
    await work().then(
      () => setProblem(undefined),
      (error: Error) => setProblem(error.message),
    );
  };
  /** The latest; what older ones were shown stays below them. */
  const load = (fresh: boolean) =>
    attempt(async () => {
      const page = await source.list();
      const oldest = page.entries.at(-1)?.id ?? 0;
      setSettings(page.settings);
      put([...page.entries, ...(fresh ? [] : shown.current.filter(({ id }) => id < oldest))]);
      if (fresh) setEnded(page.entries.length === 0);
    });
  const more = () =>
    attempt(async () => {
      const older = (await source.list(shown.current.at(-1)?.id)).entries;
      put([...shown.current, ...older]);
      setEnded(older.length === 0);
    });
  const change = async (work: Promise<void>) => {
    await attempt(() => work);
    await load(true);
  };
  useEffect(() => {
    void load(true);
    return source.onChange(() => void load(false));
  }, [source]);
  return { settings, entries, problem, ended, more, change };
}

function Problem({ message }: { message: string }) {
  return (
    <p class="hint" role="alert">
      {message}
    </p>
  );
}

function Entry({ entry }: { entry: ActivityEntry }) {
  const { origin, top, timeMs, tokens, durationMs, text } = entry;
  const [outcome, tone] = outcomeOf(entry);
  const time = new Date(timeMs);
  return (
    <li>
      <p class="log-site">
        <OriginText origin={origin} />
        {top !== undefined && (
          <span class="site-top">
            <span class="faint">inside</span> <OriginText origin={top} />
          </span>
        )}
      </p>
      <p class="log-outcome">
        <span class={`tag ${tone}`}>{outcome}</span>
      </p>
      <p class="figures">
        <time dateTime={time.toISOString()} title={time.toLocaleString()}>
          {formatAge(timeMs, Date.now())}
        </time>{' '}
        · {formatTokens(tokens)} · {formatDuration(durationMs)}
      </p>
      {text && (
        <details>
          <summary>Texts</summary>
          <h3>Asked</h3>
          <pre>{text.prompt}</pre>
          <h3>Answered</h3>
          <pre>{text.answer}</pre>
        </details>
      )}
    </li>
  );
}

function outcomeOf({ outcome, method }: ActivityEntry): [text: string, tone: string] {
  if (outcome === 'done') return [method === 'prefill' ? 'Prepared' : 'Answered', 'good'];
  if (outcome === 'aborted') return ['Stopped', ''];
  if (outcome === 'not-allowed') return ['Withdrawn', 'bad'];
  if (outcome === 'quota') return ['Too long', 'bad'];
  return [`Failed (${outcome})`, 'bad'];
}
