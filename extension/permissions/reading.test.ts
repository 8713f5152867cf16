import { fakeBrowser } from 'wxt/testing/fake-browser';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ReadableSite } from './messages.ts';

/** Patterns that the browser lets us read. */
const granted = new Set<string>();
const everywhere = '*://*/*';
const onRemoved: (() => void)[] = [];
const permissions = {
  onRemoved: { addListener: (listener: () => void) => onRemoved.push(listener) },
  contains: vi.fn(async ({ origins }: { origins: string[] }) =>
    origins.every((pattern) => granted.has(pattern) || granted.has(everywhere)),
  ),
  request: vi.fn(async ({ origins }: { origins: string[] }) => origins.every((pattern) => granted.add(pattern))),
  remove: vi.fn(async ({ origins }: { origins: string[] }) => {
    // As Chromium does, where the manifest's content scripts have `http://*/*` and `https://*/*`.
    if (origins.some((pattern) => pattern.startsWith('http')))
      throw new Error('You cannot remove required permissions.');
    return origins.every((pattern) => granted.delete(pattern));
  }),
};
let registered: { matches: string[] } | undefined;
const scripting = {
  getRegisteredContentScripts: async () => (registered ? [registered] : []),
  unregisterContentScripts: async () => void (registered = undefined),
  registerContentScripts: async ([script]: [{ matches: string[] }]) => void (registered = script),
};
vi.stubGlobal('chrome', fakeBrowser);
Object.assign(fakeBrowser, { permissions, scripting });
const { SettingsOfSites } = await import('./budget.ts');
const { Grants } = await import('./grants.ts');
const { hostPermission } = await import('./host-permission.ts');
const { Offers } = await import('./offers.ts');
const { ReadingGrants, watchReading } = await import('./reading.ts');
const { answerPermissionMessage } = await import('./server.ts');
const { askForSite } = await import('../bridge/tab-site.ts');

const A = 'https://a.example';
const B = 'https://b.example';
const PATTERN = '*://a.example/*';
const PATTERN_B = '*://b.example/*';

beforeEach(() => {
  fakeBrowser.reset();
  vi.clearAllMocks();
  granted.clear();
  onRemoved.length = 0;
  registered = undefined;
});

/** The background, as far as it answers the panel and the settings. */
function background() {
  const [grants, settings, reading] = [new Grants(), new SettingsOfSites(), new ReadingGrants()];
  const offers = new Offers(grants, settings, reading);
  const none = {} as Parameters<typeof answerPermissionMessage>[1];
  const send = (message: unknown) => answerPermissionMessage(message, { ...none, grants, settings, reading, offers });
  fakeBrowser.runtime.onMessage.addListener((message: unknown) => send(message));
  const revoke = (origin: string) => send({ permissions: 'reading.revoke', origin });
  const list = async () => ((await send({ permissions: 'reading.list' })) as { result: ReadableSite[] }).result;
  const origins = async () => (await list()).map(({ origin }) => origin);
  /** The person switches `LanguageModel` on, or off. */
  const offer = async (origin: string, on: boolean): Promise<void> => {
    await permissions.request(hostPermission(origin));
    await grants.allow({ origin });
    await settings.set({ origin }, on ? { languageModel: true } : {});
    await offers.update();
  };
  return { grants, offers, send, revoke, list, origins, offer, follow: () => reading.follow() };
}

async function stored(): Promise<string[]> {
  const { reading } = await fakeBrowser.storage.local.get('reading');
  return (reading as ReadableSite[]).map(({ origin }) => origin);
}

describe('the panel', () => {
  test('notes what the browser was asked for and allowed, the latest first, each site once', async () => {
    const { list, origins } = background();
    expect(await origins()).toEqual([]);
    vi.useFakeTimers({ now: 1000, toFake: ['Date'] });
    expect(await askForSite(A)).toBe(true);
    vi.setSystemTime(2000);
    expect(await askForSite(B)).toBe(true);
    expect(await origins()).toEqual([B, A]);
    vi.setSystemTime(3000);
    await askForSite(A);
    vi.useRealTimers();
    expect(await list()).toEqual([
      { origin: A, allowedMs: 3000, languageModel: false },
      { origin: B, allowedMs: 2000, languageModel: false },
    ]);
  });

  test('asks the browser in the turn of the click', () => {
    background();
    void askForSite(A);
    expect(permissions.request).toHaveBeenCalledWith({ origins: [PATTERN] });
  });

  test('notes nothing where the person says no, or the click is too long ago', async () => {
    const { origins } = background();
    permissions.request.mockResolvedValueOnce(false);
    expect(await askForSite(A)).toBe(false);
    permissions.request.mockRejectedValueOnce(new Error('This function must be called during a user gesture'));
    expect(await askForSite(A)).toBe(false);
    granted.add(PATTERN);
    expect(await origins()).toEqual([]);
  });

  test('leaves nothing allowed that could not be noted', async () => {
    background();
    vi.spyOn(fakeBrowser.storage.local, 'set').mockRejectedValueOnce(new Error('disk full'));
    await expect(askForSite(A)).rejects.toThrow('disk full');
    expect([...granted]).toEqual([]);
  });

  test('has no site noted that the browser does not know of', async () => {
    const { send, origins } = background();
    expect(await send({ permissions: 'reading.allow', origin: A })).toMatchObject({ error: { code: 'not-allowed' } });
    granted.add(PATTERN);
    expect(await origins()).toEqual([]);
  });
});

describe('the settings', () => {
  test('list nothing that was taken back in the browser, and it stays gone', async () => {
    const { origins } = background();
    await askForSite(A);
    await askForSite(B);
    granted.delete(PATTERN);
    expect(await origins()).toEqual([B]);
    granted.add(PATTERN);
    expect(await origins()).toEqual([B]);
  });

  test('never list what was taken back in the browser and given again for something else', async () => {
    const { follow, origins } = background();
    await askForSite(A);
    await askForSite(B);
    granted.delete(PATTERN_B); // while nobody watched
    follow();
    await vi.waitFor(async () => expect(await stored()).toEqual([A]));
    granted.add(PATTERN_B);
    granted.delete(PATTERN);
    onRemoved.forEach((tell) => tell());
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
    granted.add(PATTERN);
    expect(await origins()).toEqual([]);
  });

  test('keep what was allowed anew while its end was noticed', async () => {
    const { origins } = background();
    vi.useFakeTimers({ now: 1000, toFake: ['Date'] });
    await askForSite(A);
    granted.delete(PATTERN);
    vi.setSystemTime(2000);
    permissions.contains.mockImplementationOnce(async () => {
      await askForSite(A);
      return false;
    });
    await origins();
    vi.useRealTimers();
    expect(await origins()).toEqual([A]);
  });

  test('revoke takes the browser’s leave, of this site alone', async () => {
    const { revoke, origins } = background();
    await askForSite(A);
    await askForSite(B);
    expect(await revoke(A)).toEqual({ result: null });
    expect(await origins()).toEqual([B]);
    expect([...granted]).toEqual([PATTERN_B]);
  });

  test('a host stands there once and without its port, as the leave is for all of it', async () => {
    const { revoke, origins } = background();
    await askForSite('http://a.localhost:8080');
    await askForSite('https://a.localhost');
    await askForSite('http://a.localhost:9090');
    expect(await origins()).toEqual(['http://a.localhost']);
    await revoke('http://a.localhost');
    expect(await origins()).toEqual([]);
    expect([...granted]).toEqual([]);
  });

  test('a site that the browser does not let go stays, and they say why', async () => {
    const { revoke, origins } = background();
    await askForSite(A);
    granted.add(everywhere);
    expect(await revoke(A)).toMatchObject({
      error: { code: 'invalid-state', message: expect.stringMatching(/a\.example.*more than this site/) },
    });
    expect(await origins()).toEqual([A]);
    permissions.remove.mockRejectedValueOnce(new Error('You cannot remove required permissions.'));
    expect(await revoke(A)).toMatchObject({ error: { message: expect.stringContaining('required') } });
    granted.clear();
    expect(await origins()).toEqual([]);
  });

  test('what storage holds is checked', async () => {
    granted.add(everywhere);
    await fakeBrowser.storage.local.set({
      reading: [null, { origin: `${A}/`, allowedMs: 1 }, { origin: A }, { origin: B, allowedMs: 1 }],
    });
    expect(await background().origins()).toEqual([B]);
  });

  test('are told of changes', async () => {
    const { revoke } = background();
    const listener = vi.fn();
    const stop = watchReading(listener);
    await askForSite(A);
    await vi.waitFor(() => expect(listener).toHaveBeenCalledTimes(1));
    await revoke(A);
    await vi.waitFor(() => expect(listener).toHaveBeenCalledTimes(2));
    stop();
  });
});

describe('beside LanguageModel on the same site', () => {
  test.each([A, 'https://a.example:8443'])('%s: switched off, it takes nothing from the panel', async (site) => {
    const { origins, offer, revoke } = background();
    await askForSite(A);
    await offer(site, true);
    await offer(site, false);
    expect(registered).toBeUndefined();
    expect(permissions.remove).not.toHaveBeenCalled();
    expect(await origins()).toEqual([A]);
    await revoke(A);
    expect([...granted]).toEqual([]);
  });

  test.each([A, 'https://a.example:8443'])(
    '%s: revoked for the panel, the leave lasts until it is off',
    async (site) => {
      const { list, offer, revoke } = background();
      await offer(site, true);
      await askForSite(A);
      expect(await list()).toMatchObject([{ origin: A, languageModel: true }]);
      expect(await revoke(A)).toEqual({ result: null });
      expect(await list()).toEqual([]);
      expect([...granted]).toEqual([PATTERN]);
      expect(registered).toMatchObject({ matches: [`${site}/*`] });
      await offer(site, false);
      expect([...granted]).toEqual([]);
    },
  );

  test('one site is switched off, and the others still find it', async () => {
    const { offer } = background();
    await offer(A, true);
    await offer(B, true);
    permissions.remove.mockRejectedValueOnce(new Error('You cannot remove required permissions.'));
    await offer(A, false);
    expect(registered).toMatchObject({ matches: [`${B}/*`] });
  });

  test('a site that is forgotten keeps what the panel may', async () => {
    const { grants, offers, origins, offer } = background();
    await askForSite(A);
    await offer(A, true);
    await grants.revoke({ origin: A });
    await offers.update();
    expect(registered).toBeUndefined();
    expect(await origins()).toEqual([A]);
  });
});
