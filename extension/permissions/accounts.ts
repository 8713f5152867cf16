/**
 * Keeps every site within its budget, counts what it uses and notes what it did.
 *
 * @module
 */
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { Activity } from './activity.ts';
import { budgetOf } from './budget.ts';
import type { Budget, SettingsOfSites, SiteSettings } from './budget.ts';
import { MeteredWork, textOf, tokensIn } from './metered-work.ts';
import type { Work } from './metered-work.ts';
import { ownerKey, siteName, siteOf } from './site.ts';
import type { Site } from './site.ts';
import { hourEndsMs } from './usage.ts';
import type { SiteUsage, Usage } from './usage.ts';

export interface AccountsOptions {
  settings: Pick<SettingsOfSites, 'get'>;
  usage: Pick<Usage, 'of' | 'note'>;
  activity: Pick<Activity, 'settings' | 'add'>;
}
/** What a site has at the engine now. */
interface Open {
  count: number;
  sinceMs: number;
  /** Written so far of what is under way. */
  tokens: number;
}
export class Accounts {
  readonly #options: AccountsOptions;
  readonly #open = new Map<string, Open>();

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  /** Whether the person lets the site use the engine for now. @throws LocalLLMError not-allowed */
  async requireUnpaused(site: Site): Promise<void> {
    refusePaused(site, await this.#options.settings.get(site));
  }

  /** Lets a request through to the engine and counts it from now on. @throws LocalLLMError not-allowed, quota */
  async begin(site: Site, method: 'generate' | 'prefill', params: unknown): Promise<Work> {
    const { settings, usage, activity } = this.#options;
    const [own, used, noted] = await Promise.all([settings.get(site), usage.of(site), activity.settings()]);
    refusePaused(site, own);
    const budget = budgetOf(own);
    // From here on without a pause: requests that come together are counted one after another.
    const { input } = (params ?? {}) as { input?: unknown };
    const promptTokens = tokensIn(JSON.stringify(input ?? '').length);
    const key = ownerKey(site);
    const open = this.#open.get(key) ?? { count: 0, sinceMs: Date.now(), tokens: 0 };
    refuseBeyond(site, { asked: open.count + 1, allowed: budget.maxOpen });
    const spent = (asked: number) => beyond({ site, used, budget, open, asked });
    const refusal = spent(promptTokens);
    if (refusal) throw refusal;
    open.count++;
    this.#open.set(key, open);
    const { private: _, ...place } = siteOf(site);
    const keepText = noted.on && noted.text && !site.private;
    const asked = { method, promptTokens, ...(keepText && { prompt: textOf(input) }) };
    const onText = (tokens: number) => {
      open.tokens += tokens;
      return spent(0);
    };
    return new MeteredWork(asked, onText, (record, written) => {
      open.tokens -= written;
      let busyMs = 0;
      if (--open.count === 0) {
        this.#open.delete(key);
        busyMs = Date.now() - open.sinceMs;
      }
      // To the record that it began with: of a site that was forgotten meanwhile nothing is to be kept.
      usage.note(used, record.tokens, busyMs);
      // A log that cannot be written (a full disk) keeps nobody from an answer.
      if (noted.on && !site.private) void activity.add({ ...place, ...record }).catch(() => {});
    });
  }
}

function refusePaused(site: Site, { paused }: SiteSettings): void {
  if (!paused) return;
  const message = `${siteName(site)} is paused. The person who uses this browser can let it go on in localLLM's settings.`;
  throw new LocalLLMError('not-allowed', message);
}

function refuseBeyond(site: Site, { asked, allowed }: { asked: number; allowed: number }): void {
  if (asked <= allowed) return;
  const message = `${siteName(site)} has ${allowed} answers under way already, over all its tabs. Wait for one to end, or cancel one.`;
  throw new LocalLLMError('quota', message, { details: { requested: asked, quota: allowed } });
}

interface Spent {
  site: Site;
  used: SiteUsage;
  budget: Budget;
  open: Open;
  /** Tokens that come on top; 0 while they come. */
  asked: number;
}

/** Why there is nothing left of the hour, if so. What is under way counts. */
function beyond({ site, used, budget, open, asked }: Spent): LocalLLMError | undefined {
  const endsMs = hourEndsMs(used);
  const now = Date.now();
  if (now >= endsMs) return undefined; // it counts to the next one
  const seconds = Math.floor((used.hour.busyMs + (open.count > 0 ? now - open.sinceMs : 0)) / 1000);
  const tokens = used.hour.tokens + open.tokens;
  const { tokensPerHour, secondsPerHour } = budget;
  const minutes = Math.max(1, Math.ceil((endsMs - now) / 60_000));
  const advice =
    `Try again in ${minutes} minute${minutes === 1 ? '' : 's'}; ` +
    "the person who uses this browser can change the budget in localLLM's settings.";
  const refuse = (what: string, requested: number, quota: number) =>
    new LocalLLMError(
      'quota',
      `${siteName(site)} has used ${what} of the ${quota} that it may use in an hour. ${advice}`,
      {
        details: { requested, quota },
      },
    );
  if (tokensPerHour !== null && tokens >= tokensPerHour) {
    return refuse(`${tokens} tokens`, tokens + asked, tokensPerHour);
  }
  if (secondsPerHour === null || seconds < secondsPerHour) return undefined;
  return refuse(`${seconds} seconds`, seconds + 1, secondsPerHour);
}
