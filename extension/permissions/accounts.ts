/**
 * Keeps every site within its budget, counts what it uses and notes what it did.
 *
 * @module
 */
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { ErrorCode } from '../../engine/protocol/errors.ts';
import type { GenerateResult, UpFrame, Usage as Tokens } from '../../engine/protocol/messages.ts';
import { MAX_ONE_TEXT_CHARS } from './activity.ts';
import type { Activity } from './activity.ts';
import { budgetOf } from './budget.ts';
import type { SettingsOfSites, SiteSettings } from './budget.ts';
import { ownerKey, siteName, siteOf } from './site.ts';
import type { Site } from './site.ts';
import { hourEndsMs } from './usage.ts';
import type { SiteUsage, Usage } from './usage.ts';

/** Where an answer was broken off nobody counted its tokens. */
const CHARS_PER_TOKEN = 4;

export interface AccountsOptions {
  settings: Pick<SettingsOfSites, 'get'>;
  usage: Pick<Usage, 'of' | 'note'>;
  activity: Pick<Activity, 'settings' | 'add'>;
}
/** What a site has asked for and was let through with. */
export interface Work {
  /** A frame on its way to the site; the last one ends the work. */
  take(frame: UpFrame): void;
}
/** What a site has at the engine now. */
interface Open {
  count: number;
  sinceMs: number;
}
interface Asked {
  method: 'generate' | 'prefill';
  /** Roughly, from its length. */
  promptTokens: number;
  /** Where texts are kept. */
  prompt?: string;
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
    const open = this.#open.get(key) ?? { count: 0, sinceMs: Date.now() };
    refuseBeyond(site, { asked: open.count + 1, allowed: budget.maxOpen });
    const hourMs = used.hour.busyMs + (open.count > 0 ? Date.now() - open.sinceMs : 0);
    requireWithin(site, used, {
      asked: promptTokens,
      used: used.hour.tokens,
      budget: budget.tokensPerHour,
      of: 'tokens',
    });
    requireWithin(site, used, {
      asked: 1,
      used: Math.floor(hourMs / 1000),
      budget: budget.secondsPerHour,
      of: 'seconds',
    });
    open.count++;
    this.#open.set(key, open);
    const { private: _, ...place } = siteOf(site);
    const keepText = noted.on && noted.text && !site.private;
    const asked = { method, promptTokens, ...(keepText && { prompt: textOf(input) }) };
    return new MeteredWork(asked, (record) => {
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

interface WorkRecord {
  method: 'generate' | 'prefill';
  timeMs: number;
  tokens: number;
  durationMs: number;
  outcome: 'done' | ErrorCode;
  text?: { prompt: string; answer: string };
}

class MeteredWork implements Work {
  readonly #asked: Asked;
  readonly #end: (record: WorkRecord) => void;
  readonly #startMs = Date.now();
  /** Whether the engine has begun with it. */
  #worked = false;
  #deltas = 0;
  #chars = 0;
  #answer = '';
  #ended = false;

  constructor(asked: Asked, end: (record: WorkRecord) => void) {
    this.#asked = asked;
    this.#end = end;
  }

  take(frame: UpFrame): void {
    if (frame.t === 'done') return this.#finish('done', frame.result);
    if (frame.t === 'error') return this.#finish(frame.error.code);
    this.#worked = true;
    if (frame.t !== 'delta') return;
    this.#deltas++;
    this.#chars += frame.text.length;
    if (this.#asked.prompt !== undefined && this.#answer.length < MAX_ONE_TEXT_CHARS) this.#answer += frame.text;
  }

  #finish(outcome: 'done' | ErrorCode, result?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const { method, prompt } = this.#asked;
    const answer = outcome === 'done' && method === 'generate' ? (result as GenerateResult).text : this.#answer;
    this.#end({
      method,
      timeMs: this.#startMs,
      tokens: outcome === 'done' ? tokensOf(method, result) : this.#brokenOff(),
      durationMs: Date.now() - this.#startMs,
      outcome,
      ...(prompt !== undefined && { text: { prompt, answer: cut(answer) } }),
    });
  }

  /** Deltas may carry several tokens each, of a page that does not read them: then their length tells. */
  #brokenOff(): number {
    if (!this.#worked) return 0;
    return this.#asked.promptTokens + Math.max(this.#deltas, tokensIn(this.#chars));
  }
}

function tokensOf(method: 'generate' | 'prefill', result: unknown): number {
  const usage = method === 'generate' ? (result as GenerateResult).usage : (result as Tokens);
  return usage.promptTokens - usage.cachedTokens + usage.completionTokens;
}

function tokensIn(chars: number): number {
  return Math.ceil(chars / CHARS_PER_TOKEN);
}

/** As a person reads it. Nobody has checked it yet. */
function textOf(input: unknown): string {
  if (!Array.isArray(input)) return cut(typeof input === 'string' ? input : '');
  const messages = input as ({ role?: unknown; content?: unknown } | null)[];
  return cut(messages.map((message) => `${String(message?.role)}: ${String(message?.content)}`).join('\n\n'));
}

function cut(text: string): string {
  return text.slice(0, MAX_ONE_TEXT_CHARS);
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

/** The last request that begins within a budget may go beyond it. */
function requireWithin(
  site: Site,
  usage: SiteUsage,
  { asked, used, budget, of }: { asked: number; used: number; budget: number | null; of: 'tokens' | 'seconds' },
): void {
  if (budget === null || used < budget) return;
  const minutes = Math.max(1, Math.ceil((hourEndsMs(usage) - Date.now()) / 60_000));
  const reset = `Try again in ${minutes} minute${minutes === 1 ? '' : 's'}`;
  const advice = "the person who uses this browser can change the budget in localLLM's settings";
  throw new LocalLLMError(
    'quota',
    `${siteName(site)} has used ${used} ${of} of the ${budget} that it may use in an hour. ${reset}; ${advice}.`,
    { details: { requested: used + asked, quota: budget } },
  );
}
