import { fakeBrowser } from 'wxt/testing/fake-browser';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ActivityRecord } from './activity.ts';
import type { GrantKey } from './grants.ts';
import type { SiteRecord } from './messages.ts';

// The real `browser` is what the extension's globals were when it was first imported.
vi.stubGlobal('chrome', fakeBrowser);
const { SettingsOfSites } = await import('./budget.ts');
const { Grants } = await import('./grants.ts');
const { Offers } = await import('./offers.ts');
const { ReadingGrants } = await import('./reading.ts');
const { Questions } = await import('./questions.ts');
const { answerPermissionMessage } = await import('./server.ts');
const { Usage } = await import('./usage.ts');

const A: GrantKey = { origin: 'https://a.example', tabId: 1, documentId: 'a1' };
const B: GrantKey = { origin: 'https://b.example', tabId: 2, documentId: 'b1' };

beforeEach(() => fakeBrowser.reset());

/** What our pages talk to. */
function background() {
  const [grants, settings, usage] = [new Grants(), new SettingsOfSites(), new Usage()];
  const open: string[] = [];
  const questions = new Questions({ open: async (id) => open.push(id), close: async () => {} });
  const entries: ActivityRecord[] = [];
  const activity = {
    list: async () => entries.map((entry, id) => ({ ...entry, id })),
    settings: async () => ({ on: true, text: false }),
    configure: async () => {},
    clear: async () => void entries.splice(0),
  };
  const isThere = vi.fn(async () => true);
  const reading = new ReadingGrants();
  const offers = new Offers(grants, settings, reading);
  const options = { grants, settings, usage, questions, activity, reading, offers, isThere };
  const send = (message: unknown) => answerPermissionMessage(message, options);
  const sites = async () => ((await send({ permissions: 'sites' })) as { result: SiteRecord[] }).result;
  return { grants, settings, usage, questions, offers, open, send, sites, isThere };
}

describe('our own pages', () => {
  test('read and answer questions by message, and what is malformed is refused', async () => {
    const { questions, open, send } = background();
    const asked = questions.ask(A, new AbortController().signal);
    const id = open[0]!;
    expect(await send({ permissions: 'question', id })).toEqual({ result: { origin: A.origin } });
    expect(await send({ permissions: 'question', id: 'unknown' })).toEqual({ result: null });
    const wrong = { error: { code: 'bad-argument' } };
    expect(await send({ permissions: 'answer', id, decision: 'maybe' })).toMatchObject(wrong);
    expect(await send({ permissions: 'answer', id, decision: 'once' })).toEqual({ result: null });
    expect(await asked).toBe('once');
    const late = await send({ permissions: 'answer', id, decision: 'once' });
    expect(late).toMatchObject({ error: { code: 'invalid-state' } });
  });

  test.each([
    { permissions: 'revoke', site: { origin: 'https://a.example/' } },
    { permissions: 'allow', site: { origin: 'null' } },
    { permissions: 'configure', site: { origin: 'https://a.example' }, settings: { tokensPerHour: 0 } },
    { permissions: 'configure', site: { origin: 'https://a.example' }, settings: { colour: 'red' } },
    { permissions: 'reading.allow', origin: 'https://a.example/' },
    { permissions: 'reading.revoke', origin: 'null' },
    { permissions: 'activity.configure', settings: { on: 1, text: true } },
    { permissions: 'everything' },
  ])('%j is refused', async (message) => {
    expect(await background().send(message)).toMatchObject({ error: { code: 'bad-argument' } });
  });

  test('see every site with its decision, its settings and what it used; revoke forgets all of it', async () => {
    const { grants, usage, send, sites } = background();
    const frame = { origin: B.origin, top: A.origin };
    await grants.decide(A, 'once');
    await send({ permissions: 'allow', site: { origin: A.origin } });
    await send({ permissions: 'configure', site: frame, settings: { paused: true, tokensPerHour: null } });
    const used = await usage.of(A);
    Object.assign(used, { requests: 2, tokens: 50 });
    used.hour.tokens = 30;
    const listed = await sites();
    expect(listed).toHaveLength(2);
    expect(listed.find(({ site }) => site.top === undefined)).toMatchObject({
      site: { origin: A.origin },
      decision: 'always', // beside which a once says nothing
      requests: 2,
      tokens: 50,
      hour: { tokens: 30, endsMs: used.hour.startMs + 3_600_000 },
      budget: { tokensPerHour: 200_000 },
    });
    expect(listed.find(({ site }) => site.top !== undefined)).toEqual({
      site: frame,
      requests: 0,
      tokens: 0,
      busyMs: 0,
      hour: { tokens: 0, busyMs: 0, endsMs: 0 },
      settings: { paused: true, tokensPerHour: null },
      budget: { tokensPerHour: null, secondsPerHour: null, maxOpen: 16 },
    });
    await send({ permissions: 'revoke', site: { origin: A.origin } });
    await send({ permissions: 'configure', site: frame, settings: {} });
    expect(await sites()).toEqual([]);
    expect(await grants.state(A)).toBe('prompt');
  });

  test('see no grant of a document that is gone', async () => {
    const { grants, sites, isThere } = background();
    await grants.decide(A, 'once');
    expect(await sites()).toHaveLength(1);
    isThere.mockResolvedValue(false);
    expect(await sites()).toEqual([]);
  });
});

test('LanguageModel is offered to exactly the sites that are always allowed, not paused and switched on', async () => {
  let registered: { matches: string[] } | undefined;
  const scripting = {
    getRegisteredContentScripts: async () => (registered ? [registered] : []),
    unregisterContentScripts: async () => void (registered = undefined),
    registerContentScripts: vi.fn(async ([script]: [{ matches: string[] }]) => void (registered = script)),
  };
  const remove = vi.fn(async () => true);
  Object.assign(fakeBrowser, { scripting, permissions: { remove } });
  const { grants, settings, offers } = background();
  const on = { languageModel: true };
  const C = { ...B, origin: 'http://c.localhost:8080', documentId: 'c1' };
  await grants.decide(A, 'always');
  await grants.decide(C, 'always');
  await grants.decide(B, 'once');
  await offers.update();
  expect(registered).toBeUndefined();
  for (const site of [A, B, C, { origin: A.origin, top: B.origin }]) await settings.set(site, on);
  await offers.update();
  await offers.update();
  expect(scripting.registerContentScripts).toHaveBeenCalledTimes(1);
  expect(registered).toMatchObject({
    matches: ['http://c.localhost:8080/*', 'https://a.example/*'],
    world: 'MAIN',
    runAt: 'document_start',
  });
  expect(remove).not.toHaveBeenCalled();
  await settings.set(A, { ...on, paused: true });
  await offers.update();
  expect(registered!.matches).toEqual(['http://c.localhost:8080/*']);
  expect(remove).toHaveBeenLastCalledWith({ origins: ['*://a.example/*'] });
  await grants.revoke(C);
  await offers.update();
  expect(registered).toBeUndefined();
  expect(remove).toHaveBeenLastCalledWith({ origins: ['*://c.localhost/*'] });
});
