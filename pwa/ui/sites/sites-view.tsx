import { useEffect, useState } from 'preact/hooks';
import { formatAge } from '../format.ts';

/** A site's grant, as it is shown. */
export interface SiteGrant {
  origin: string;
  decision: 'once' | 'always' | 'never';
  createdMs: number;
  lastUsedMs?: number;
}
export interface SitesSource {
  list(): Promise<SiteGrant[]>;
  revoke(origin: string): Promise<void>;
  /** Calls back after each change, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

const DECISIONS = { once: 'Allowed in one tab', always: 'Always allowed', never: 'Never allowed' } as const;

/** Which sites may use the model; each can be taken back. */
export function SitesView({ source }: { source: SitesSource }) {
  const [grants, setGrants] = useState<SiteGrant[]>();
  const [problem, setProblem] = useState<string>();
  const show = (work: Promise<SiteGrant[]>) =>
    work.then(
      (list) => (setGrants(list), setProblem(undefined)),
      (error: Error) => setProblem(error.message),
    );
  useEffect(() => {
    void show(source.list());
    return source.onChange(() => void show(source.list()));
  }, [source]);
  const revoke = (origin: string) => void show(source.revoke(origin).then(() => source.list()));
  return (
    <>
      {problem && (
        <p class="hint" role="alert">
          {problem}
        </p>
      )}
      {grants?.length === 0 && (
        <p class="card faint">
          No site has asked yet. When one wants to use the model, a window of localLLM asks you first.
        </p>
      )}
      <ul class="cards">
        {grants?.map((grant) => (
          <li key={`${grant.origin} ${grant.decision}`} class="card site">
            <div>
              <h3 class="origin">{grant.origin}</h3>
              <p class="faint">
                <span class={`tag ${grant.decision === 'never' ? 'bad' : 'good'}`}>{DECISIONS[grant.decision]}</span>{' '}
                {timesOf(grant)}
              </p>
            </div>
            <button type="button" aria-label={`Revoke ${grant.origin}`} onClick={() => revoke(grant.origin)}>
              Revoke
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function timesOf({ createdMs, lastUsedMs }: SiteGrant): string {
  const now = Date.now();
  const decided = `Decided ${formatAge(createdMs, now)}`;
  return lastUsedMs === undefined ? decided : `${decided} · last used ${formatAge(lastUsedMs, now)}`;
}
