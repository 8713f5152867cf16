import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatAge } from '../format.ts';
import { OriginText } from '../permission/origin-name.tsx';
import type { ReadableSite } from './sources.ts';

interface ReadableSitesProps {
  /** Newest first. */
  sites: ReadableSite[];
  icon: (origin: string) => string | undefined;
  /** Whether it went well. */
  revoke: (origin: string) => Promise<boolean>;
}

/** Sites whose pages the side panel may read; nothing where there are none, and none has just been revoked. */
export function ReadableSites({ sites, icon, revoke }: ReadableSitesProps) {
  const title = useId();
  const { part, revoked, onRevoke } = useRevoking(sites, revoke);
  if (sites.length === 0 && !revoked) return null;
  return (
    <div class="readable" ref={part}>
      {sites.length > 0 && (
        <>
          <h3 id={title}>Pages the side panel may read</h3>
          <p class="faint small">
            You allowed these sites in the side panel: “Attach this page” works there at once. Elsewhere you ask from
            the page first.
          </p>
          <ul class="card" aria-labelledby={title}>
            {sites.map((site, index) => (
              <ReadableRow
                key={site.origin}
                site={site}
                icon={icon(site.origin)}
                revoke={() => onRevoke(site, index)}
              />
            ))}
          </ul>
        </>
      )}
      <p class="faint small" role="status" tabIndex={-1}>
        {revoked && (
          <>
            Revoked for <OriginText origin={revoked.origin} />.
            {revoked.languageModel && ' The browser goes on allowing it while LanguageModel is on there.'}
          </>
        )}
      </p>
    </div>
  );
}

/**
 * The focus does not go with the row that had it: the next one takes it, or what is said instead of the last. Not its button: a key
 * that is held would revoke one after another.
 */
function useRevoking(sites: ReadableSite[], revoke: ReadableSitesProps['revoke']) {
  const part = useRef<HTMLDivElement>(null);
  const left = useRef<{ origin: string; index: number } | undefined>(undefined);
  const [revoked, setRevoked] = useState<ReadableSite>();
  useLayoutEffect(() => {
    if (!left.current || !part.current) return;
    const { origin, index } = left.current;
    if (sites.some((site) => site.origin === origin)) return;
    left.current = undefined;
    if (document.activeElement !== document.body) return; // the person went on to something else
    const rows = part.current.querySelectorAll('li');
    const next = rows[Math.min(index, rows.length - 1)];
    (next ?? part.current.querySelector<HTMLElement>('[role=status]'))?.focus();
  });
  const onRevoke = async (site: ReadableSite, index: number): Promise<void> => {
    left.current = { origin: site.origin, index };
    setRevoked(undefined);
    if (await revoke(site.origin)) setRevoked(site);
    else left.current = undefined;
  };
  const again = sites.some((site) => site.origin === revoked?.origin);
  return { part, revoked: again ? undefined : revoked, onRevoke };
}

interface ReadableRowProps {
  site: ReadableSite;
  icon: string | undefined;
  revoke: () => Promise<void>;
}

function ReadableRow({ site: { origin, allowedMs, languageModel }, icon, revoke }: ReadableRowProps) {
  const id = useId();
  return (
    <li tabIndex={-1}>
      <div class="readable-site">
        <p id={`${id}-site`} class="origin">
          {icon && <img src={icon} alt="" width={20} height={20} loading="lazy" />}
          <span>
            <OriginText origin={origin} />
          </span>
        </p>
        <p class="faint small">Allowed {formatAge(allowedMs, Date.now())}</p>
        {languageModel && (
          <p class="faint small">Also needed for LanguageModel: the browser allows it while that is on.</p>
        )}
      </div>
      <button
        id={`${id}-revoke`}
        type="button"
        class="small danger"
        aria-labelledby={`${id}-revoke ${id}-site`}
        onClick={() => void revoke()}
      >
        Revoke
      </button>
    </li>
  );
}
