import { fakeBrowser } from 'wxt/testing/fake-browser';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { GrantKey } from './grants.ts';
import type { Decision } from './messages.ts';

// The real `browser` is what the extension's globals were when it was first imported.
vi.stubGlobal('chrome', fakeBrowser);
const { Grants, watchGrants } = await import('./grants.ts');
const { PermissionGate } = await import('./gate.ts');
const { Questions } = await import('./questions.ts');

const A: GrantKey = { origin: 'https://a.example', tabId: 1, documentId: 'a1' };
const A_OTHER_TAB: GrantKey = { ...A, tabId: 2, documentId: 'a2' };
const B: GrantKey = { origin: 'https://b.example', tabId: 1, documentId: 'b1' };
const live = (): AbortSignal => new AbortController().signal;

beforeEach(() => fakeBrowser.reset());

describe('grants', () => {
  test('nothing is granted until it is', async () => {
    const grants = new Grants();
    expect(await grants.state(A)).toBe('prompt');
    await grants.decide(A, 'always');
    expect(await grants.state(A)).toBe('granted');
    expect(await grants.state(A_OTHER_TAB)).toBe('granted');
    expect(await grants.state(B)).toBe('prompt');
    expect(await new Grants().state(A)).toBe('granted'); // a background that has just started
  });

  test('once holds for one document, until its tab closes or navigates', async () => {
    const grants = new Grants();
    await grants.decide(A, 'once');
    await grants.decide(A_OTHER_TAB, 'once');
    expect(await grants.state(A)).toBe('granted');
    expect(await grants.state({ ...A, documentId: 'reloaded' })).toBe('prompt');
    expect(await grants.state({ ...B, documentId: 'a1' })).toBe('prompt');
    await grants.leave(A.tabId, 'reloaded');
    expect(await grants.state(A)).toBe('prompt');
    expect(await grants.state(A_OTHER_TAB)).toBe('granted');
    await grants.leave(A_OTHER_TAB.tabId);
    expect(await grants.list()).toEqual([]);
    await grants.decide(A, 'once');
    await grants.leaveDocument(A.documentId);
    expect(await grants.state(A)).toBe('prompt');
  });

  test('a frame is another site in each page that shows it', async () => {
    const grants = new Grants();
    const frame = { ...B, top: A.origin, topDocumentId: 'a1', documentId: 'f1' };
    await grants.decide(frame, 'always');
    expect(await grants.state(frame)).toBe('granted');
    expect(await grants.state(B)).toBe('prompt');
    expect(await grants.state({ ...frame, top: 'https://c.example' })).toBe('prompt');
    expect(await grants.list()).toMatchObject([{ origin: B.origin, top: A.origin, decision: 'always' }]);
    await grants.revoke(B);
    expect(await grants.state(frame)).toBe('granted');
    await grants.revoke({ origin: B.origin, top: A.origin });
    expect(await grants.state(frame)).toBe('prompt');
  });

  test('once in a frame ends with the document around it', async () => {
    const grants = new Grants();
    const frame = { ...B, top: A.origin, topDocumentId: 'a1', documentId: 'f1' };
    await grants.decide(frame, 'once');
    await grants.decide(A, 'once');
    await grants.leave(A.tabId, 'a1'); // whichever of the two connects next
    expect([await grants.state(frame), await grants.state(A)]).toEqual(['granted', 'granted']);
    await grants.leave(A.tabId, 'a2');
    expect([await grants.state(frame), await grants.state(A)]).toEqual(['prompt', 'prompt']);
  });

  test('private windows are apart, in memory, and forgotten', async () => {
    const grants = new Grants();
    const apart = { ...A, private: true as const, documentId: 'p1' };
    await grants.decide(A, 'never');
    expect(await grants.state(apart)).toBe('prompt');
    await grants.decide(apart, 'always');
    await grants.decide({ ...B, private: true, documentId: 'p2' }, 'once');
    expect(await grants.state(apart)).toBe('granted');
    expect(await grants.state(A)).toBe('denied');
    expect(JSON.stringify(await fakeBrowser.storage.local.get())).not.toContain('always');
    await grants.endPrivate();
    expect(await grants.state(apart)).toBe('prompt');
    expect(await grants.list()).toMatchObject([{ origin: A.origin, decision: 'never' }]);
  });

  test('what was granted once to documents that went away unseen is swept up', async () => {
    const grants = new Grants();
    await grants.decide(A, 'once');
    await grants.decide(B, 'once');
    await grants.sweep(async ({ documentId }) => documentId === 'b1');
    expect(await grants.list()).toMatchObject([{ origin: B.origin }]);
  });

  test('never overrules what was granted once', async () => {
    const grants = new Grants();
    await grants.decide(A, 'once');
    await grants.decide(A_OTHER_TAB, 'never');
    expect(await grants.state(A)).toBe('denied');
  });

  test('decisions that come together are all kept; revoke forgets every one of a site', async () => {
    const grants = new Grants();
    const once = { ...B, origin: 'https://c.example' };
    await Promise.all([grants.decide(A, 'always'), grants.decide(B, 'never'), grants.decide(once, 'once')]);
    const listed = (await grants.list()).map(({ origin, decision }) => [origin, decision]);
    expect(listed.sort()).toEqual([
      ['https://a.example', 'always'],
      ['https://b.example', 'never'],
      ['https://c.example', 'once'],
    ]);
    await grants.decide(A, 'once');
    await grants.revoke(A);
    expect(await grants.state(A)).toBe('prompt');
    expect(await grants.state(B)).toBe('denied');
  });

  test('use is noted', async () => {
    const grants = new Grants();
    await grants.decide(A, 'always');
    expect((await grants.list())[0]!.lastUsedMs).toBeUndefined();
    await grants.touch(A);
    await grants.touch(B);
    expect(await grants.list()).toMatchObject([{ origin: A.origin, lastUsedMs: expect.any(Number) }]);
  });

  test.each([
    'text',
    { 'https://a.example': 'always' },
    [
      null,
      { origin: 'https://a.example', decision: 'yes', createdMs: 1 },
      { origin: 'https://a.example/', decision: 'always', createdMs: 1 },
      { origin: 'null', decision: 'always', createdMs: 1 },
      { origin: 'https://a.example', decision: 'always', createdMs: 'now' },
    ],
  ])('what storage holds is checked: %j grants nothing', async (stored) => {
    await fakeBrowser.storage.local.set({ grants: stored });
    await fakeBrowser.storage.session.set({ 'grants-once': stored });
    const grants = new Grants();
    expect(await grants.state(A)).toBe('prompt');
    expect(await grants.list()).toEqual([]);
    await grants.decide(A, 'always');
    expect(await grants.state(A)).toBe('granted');
  });

  test('changes are told', async () => {
    const grants = new Grants();
    const listener = vi.fn();
    const stop = watchGrants(listener);
    await grants.decide(A, 'always');
    await grants.decide(B, 'once');
    await vi.waitFor(() => expect(listener).toHaveBeenCalledTimes(2));
    stop();
    await grants.revoke(A);
    expect(listener).toHaveBeenCalledTimes(2);
  });
});

/** Permission windows that the test answers. */
function fakeWindows() {
  const open: string[] = [];
  const closed: number[] = [];
  const windows = {
    open: vi.fn(async (id: string) => open.push(id)),
    close: async (windowId: number) => void closed.push(windowId),
  };
  return { open, closed, windows, questions: new Questions(windows) };
}

describe('questions', () => {
  test('one window per site at a time; all who wait get its answer', async () => {
    const { open, closed, questions } = fakeWindows();
    const both = [questions.ask(A, live()), questions.ask(A, live())];
    const other = questions.ask(B, live());
    expect(open).toHaveLength(2);
    await Promise.resolve();
    expect(questions.pending(open[0]!)).toEqual({ origin: A.origin });
    const frame = { ...A, top: B.origin };
    void questions.ask(frame, live());
    expect(questions.pending(open[2]!)).toEqual({ origin: A.origin, top: B.origin });
    questions.answer(open[0]!, 'always');
    expect(await Promise.all(both)).toEqual(['always', 'always']);
    expect(closed).toEqual([1]);
    expect(questions.pending(open[0]!)).toBeUndefined();
    expect(() => questions.answer(open[0]!, 'always')).toThrow(LocalLLMError);
    questions.windowClosed(2);
    expect(await other).toBe('dismissed');
  });

  test('who leaves is not waited for; when the last one left, the window closes', async () => {
    const { closed, questions } = fakeWindows();
    const [first, second] = [new AbortController(), new AbortController()];
    const asked = [questions.ask(A, first.signal), questions.ask(A, second.signal)];
    await Promise.resolve();
    first.abort();
    await expect(asked[0]).rejects.toMatchObject({ code: 'aborted' });
    expect(closed).toEqual([]);
    second.abort();
    await expect(asked[1]).rejects.toMatchObject({ code: 'aborted' });
    expect(closed).toEqual([1]);
  });

  test('a window that opens too late is closed again', async () => {
    const { closed, windows, questions } = fakeWindows();
    let opened!: (windowId: number) => void;
    windows.open.mockReturnValueOnce(new Promise((resolve) => (opened = resolve)));
    const stop = new AbortController();
    const asked = questions.ask(A, stop.signal);
    stop.abort();
    await expect(asked).rejects.toMatchObject({ code: 'aborted' });
    opened(9);
    await vi.waitFor(() => expect(closed).toEqual([9]));
  });

  test('a window that does not open is an error, and the next question tries again', async () => {
    const { windows, questions, open } = fakeWindows();
    windows.open.mockRejectedValueOnce(new Error('no display'));
    await expect(questions.ask(A, live())).rejects.toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('no display'),
    });
    const again = questions.ask(A, live());
    questions.answer(open[0]!, 'once');
    expect(await again).toBe('once');
  });
});

describe('the gate', () => {
  function gateWith(...decisions: Decision[]) {
    const ask = vi.fn(async () => decisions.shift()!);
    const grants = new Grants();
    return { ask, grants, gate: new PermissionGate(grants, { ask }) };
  }
  const asking = () => ({ activation: true, signal: live() });

  test.each(['once', 'always'] as const)('%s lets the document through without another question', async (decision) => {
    const { gate, ask } = gateWith(decision);
    await gate.require(A, asking());
    await gate.require(A, { activation: false, signal: live() });
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test('never is final', async () => {
    const { gate, ask } = gateWith('never');
    await expect(gate.require(A, asking())).rejects.toMatchObject({ code: 'not-allowed' });
    await expect(gate.require(A, asking())).rejects.toMatchObject({ code: 'not-allowed' });
    expect(await gate.request(A, asking())).toBe('denied');
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test('without user activation nothing is asked', async () => {
    const { gate, ask } = gateWith('always');
    const silent = { activation: false, signal: live() };
    await expect(gate.require(A, silent)).rejects.toMatchObject({ code: 'not-allowed' });
    await expect(gate.request(A, silent)).rejects.toMatchObject({ code: 'not-allowed' });
    expect(ask).not.toHaveBeenCalled();
  });

  test('closing the window refuses this time; a document that is refused so three times is not asked about again', async () => {
    const { gate, ask } = gateWith('dismissed', 'dismissed', 'dismissed', 'once', 'once');
    expect(await gate.request(A, asking())).toBe('prompt');
    for (let i = 0; i < 3; i++) {
      await expect(gate.require(A, asking())).rejects.toMatchObject({ code: 'not-allowed' });
    }
    expect(ask).toHaveBeenCalledTimes(3);
    await gate.require(A_OTHER_TAB, asking());
    gate.forget(A.documentId);
    await gate.require(A, asking());
  });
});
