/**
 * Pretended sites and activity for the settings.
 *
 * @module
 */
import type {
  ActivityEntry,
  ActivitySource,
  ReadableSite,
  SiteRecord,
  SitesSource,
} from '../../pwa/ui/sites/sources.ts';

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];
const BUDGET = { tokensPerHour: 200_000, secondsPerHour: null, maxOpen: 16 };

function site(origin: string, more: Partial<SiteRecord> & { top?: string; private?: true }): SiteRecord {
  const { top, private: apart, ...rest } = more;
  const hour = { tokens: 0, busyMs: 0, endsMs: Date.now() + HOUR_MS / 2 };
  return {
    site: { origin, ...(top !== undefined && { top }), ...(apart && { private: apart }) },
    requests: 0,
    tokens: 0,
    busyMs: 0,
    hour,
    settings: {},
    budget: BUDGET,
    ...rest,
  };
}

/** Remembers what is done with it, in `calls`. */
export function fakeSites(empty: boolean, calls: string[]): SitesSource {
  const now = Date.now();
  let records: SiteRecord[] = [
    site('https://notes.example.org', {
      decision: 'always',
      decidedMs: now - 3 * DAY_MS,
      lastUsedMs: now - 9e5,
      requests: 1240,
      tokens: 856_000,
      busyMs: 5_400_000,
      hour: { tokens: 61_000, busyMs: 120_000, endsMs: now + HOUR_MS / 2 },
    }),
    site('https://a-very-long-name-of-a-site-that-goes-on-and-on.example.com:8443', {
      decision: 'once',
      decidedMs: now,
      requests: 3,
      tokens: 10_400,
      busyMs: 40_000,
      hour: { tokens: 10_400, busyMs: 40_000, endsMs: now + HOUR_MS / 3 },
      settings: { tokensPerHour: 10_000 },
      budget: { ...BUDGET, tokensPerHour: 10_000 },
    }),
    site('https://chat.example.net', {
      top: 'https://news.example.com',
      decision: 'always',
      decidedMs: now - DAY_MS,
      settings: { paused: true },
    }),
    site('https://quiz.example.org', { private: true, decision: 'once', decidedMs: now - 6e4 }),
    site('https://xn--80ak6aa92e.com', { decision: 'never', decidedMs: now - 40 * DAY_MS }),
  ];
  let readable: ReadableSite[] = [
    { origin: 'https://boats.example.org', allowedMs: now - 9e5, languageModel: false },
    { origin: 'https://notes.example.org', allowedMs: now - 2 * DAY_MS, languageModel: true },
    {
      origin: 'https://a-very-long-name-of-a-site-that-goes-on-and-on.example.com',
      allowedMs: now - 40 * DAY_MS,
      languageModel: false,
    },
  ];
  if (empty) [records, readable] = [[], []];
  /** Not revoked at the first attempt. */
  const held = new Set(['https://notes.example.org']);
  const is = (record: SiteRecord, { origin, top }: SiteRecord['site']) =>
    record.site.origin === origin && record.site.top === top;
  return {
    list: async () => [...records],
    allow: async (origin) => {
      calls.push(`allow ${origin}`);
      records = [site(origin, { decision: 'always', decidedMs: Date.now() }), ...records];
    },
    revoke: async (gone) => {
      calls.push(`revoke ${gone.origin}`);
      records = records.filter((record) => !is(record, gone));
    },
    configure: async (changed, settings) => {
      calls.push(`configure ${changed.origin} ${JSON.stringify(settings)}`);
      records = records.map((record) =>
        is(record, changed) ? { ...record, settings, budget: { ...BUDGET, ...settings } } : record,
      );
    },
    readable: async () => [...readable],
    revokeReading: async (origin) => {
      calls.push(`revoke reading ${origin}`);
      if (held.delete(origin)) throw new Error(`The browser goes on letting localLLM read ${origin}.`);
      readable = readable.filter((known) => known.origin !== origin);
    },
    onChange: () => () => {},
    icon: () =>
      `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><rect width="2" height="2" rx=".5" fill="#c60"/></svg>')}`,
  };
}

export function fakeActivity(empty: boolean): ActivitySource {
  let settings = { on: true, text: true };
  const outcomes = ['done', 'done', 'aborted', 'not-allowed', 'device-lost', 'done', 'quota'];
  let entries: ActivityEntry[] = Array.from({ length: empty ? 0 : 70 }, (_, at) => ({
    id: 70 - at,
    origin: at % 5 === 3 ? 'https://chat.example.net' : 'https://notes.example.org',
    ...(at % 5 === 3 && { top: 'https://news.example.com' }),
    timeMs: Date.now() - at * 7e5,
    method: at % 6 === 5 ? 'prefill' : 'generate',
    tokens: (at * 997) % 4000,
    durationMs: (at * 1771) % 90_000,
    outcome: outcomes[at % outcomes.length]!,
    ...(at === 0 && {
      text: { prompt: '"What is the capital of France?"', answer: 'The capital of France is Paris.' },
    }),
  }));
  return {
    list: async (before = Number.POSITIVE_INFINITY) => ({
      settings,
      entries: entries.filter(({ id }) => id < before).slice(0, 50),
    }),
    configure: async (changed) => void (settings = changed),
    clear: async () => void (entries = []),
    onChange: () => () => {},
  };
}
