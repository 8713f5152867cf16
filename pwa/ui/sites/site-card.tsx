import { useId } from 'preact/hooks';
import { formatAge } from '../format.ts';
import { OriginText } from '../permission/origin-name.tsx';
import { formatCount, formatDuration, formatTokens } from './amounts.ts';
import { SiteLimits } from './site-limits.tsx';
import type { SiteRecord, SiteSettings } from './sources.ts';

interface SiteCardProps {
  record: SiteRecord;
  icon: string | undefined;
  revoke: () => void;
  configure: (settings: SiteSettings) => void;
}

const DECISIONS = { once: 'Allowed in one tab', always: 'Always allowed', never: 'Never allowed' } as const;

/** One site: what was decided, what it used, what it may use. */
export function SiteCard({ record, icon, revoke, configure }: SiteCardProps) {
  const { site, decision, settings, requests } = record;
  const { paused, ...unpaused } = settings;
  const name = useId();
  const revokes = decision === 'always' || decision === 'once' ? 'Revoke' : 'Forget';
  const adjustable = decision !== 'never' && !site.private;
  return (
    <li class="card site">
      <div class="site-head">
        <div class="site-name">
          <h3 id={name} class="origin">
            {icon && <img src={icon} alt="" width={20} height={20} loading="lazy" />}
            <span>
              <OriginText origin={site.origin} />
              {site.top !== undefined && (
                <span class="site-top">
                  <span class="faint">inside</span> <OriginText origin={site.top} />
                </span>
              )}
            </span>
          </h3>
          <p class="site-tags">
            <span
              class={`tag ${{ always: 'good', once: 'good', never: 'bad' }[decision ?? 'never']}`}
              hidden={!decision}
            >
              {decision && DECISIONS[decision]}
            </span>
            {!decision && <span class="tag">Asks again</span>}
            {paused && <span class="tag warn">Paused</span>}
            {site.private && <span class="tag">Private window</span>}
            {settings.languageModel && <span class="tag">LanguageModel</span>}
          </p>
        </div>
        <div class="actions">
          {adjustable && (
            <button
              type="button"
              class="small"
              aria-describedby={name}
              onClick={() => configure(paused ? unpaused : { ...settings, paused: true })}
            >
              {paused ? 'Resume' : 'Pause'}
            </button>
          )}
          <button type="button" class="small danger" aria-describedby={name} onClick={revoke}>
            {revokes}
          </button>
        </div>
      </div>
      <p class="faint small">{historyOf(record)}</p>
      {requests > 0 && <Hour record={record} />}
      {adjustable && <SiteLimits record={record} describedBy={name} configure={configure} />}
    </li>
  );
}

function historyOf({ decidedMs, lastUsedMs, requests, tokens, busyMs }: SiteRecord): string {
  const now = Date.now();
  const decided = decidedMs === undefined ? [] : [`Decided ${formatAge(decidedMs, now)}`];
  const used = lastUsedMs === undefined ? [] : [`last used ${formatAge(lastUsedMs, now)}`];
  const asked = `${formatCount(requests)} ${requests === 1 ? 'request' : 'requests'}`;
  const sums = requests === 0 ? [] : [asked, formatTokens(tokens), formatDuration(busyMs)];
  const text = [...decided, ...used, ...sums].join(' · ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What is left of this hour's budget. */
function Hour({ record: { hour, budget } }: { record: SiteRecord }) {
  const { tokensPerHour: limit } = budget;
  const used = limit === null ? formatTokens(hour.tokens) : `${formatCount(hour.tokens)} of ${formatTokens(limit)}`;
  const full = limit !== null && hour.tokens >= limit;
  const minutes = Math.max(1, Math.ceil((hour.endsMs - Date.now()) / 60_000));
  return (
    <div class="site-hour">
      <p class="progress-label">
        <span>This hour</span>
        <span class="figures">
          {used}
          {full && ` · again in ${minutes} min`}
        </span>
      </p>
      {limit !== null && (
        <div class={`progress-track ${full ? 'full' : ''}`} aria-hidden="true">
          <div class="progress-bar" style={{ width: `${Math.min(100, (hour.tokens / limit) * 100)}%` }} />
        </div>
      )}
    </div>
  );
}
