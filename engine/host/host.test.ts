import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { codeOf, HostFixture } from '../../tests/host-fixture.ts';
import type { LocalLLMError } from '../protocol/errors.ts';
import { HEARTBEAT_MS, INITIAL_CREDIT, MAX_OPEN_GENERATES, MAX_TEXT_CHARS } from '../protocol/messages.ts';

let at: HostFixture;
beforeEach(() => {
  at = new HostFixture();
});
afterEach(() => vi.useRealTimers());

const PAGE = { origin: 'https://page.example', trusted: false, owner: 'https://page.example' };

describe('answers', () => {
  test('stream deltas in order, then the whole result', async () => {
    const stream = at.connect('a').generate('hi', { temperature: 0.5 });
    const { request, finish } = await at.lastRequest();
    expect(request).toMatchObject({ input: 'hi', options: { temperature: 0.5 }, owner: 'ui', priority: 0 });
    request.onDelta('Pa');
    request.onDelta('ris');
    finish();
    const parts: string[] = [];
    for await (const text of stream) parts.push(text);
    expect(parts).toEqual(['Pa', 'ris']);
    expect(await stream.result).toMatchObject({ text: 'Paris', finishReason: 'stop' });
    expect(at.engines[0]!.loads[0]!.sampling).toEqual({ temperature: 0 });
  });

  test('pages run behind our own UI, as their site; what the person sees now goes before what is hidden', async () => {
    const result = at.connect('p', false).answer('hi');
    const { request, finish } = await at.lastRequest();
    expect(request).toMatchObject({ owner: 'https://page.example', priority: 2 });
    at.host.visible('p', true);
    expect(request.priority).toBe(1);
    at.host.visible('p', false);
    expect(request.priority).toBe(2);
    request.onDelta('text');
    finish();
    expect((await result).text).toBe('text');
    expect(at.framesOf('p', 'delta')).toEqual([]); // asked for no stream
  });

  test('a reader that does not read costs a bounded number of frames and loses nothing', async () => {
    const stream = at.connect('a').generate('hi');
    const { request, finish } = await at.lastRequest();
    for (let i = 0; i < 1000; i++) request.onDelta(`${i} `);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(at.framesOf('a', 'delta')).toHaveLength(INITIAL_CREDIT);
    finish();
    const { text } = await stream.result;
    let read = '';
    for await (const part of stream) read += part;
    expect(read).toBe(text);
    expect(read).toContain('999');
    expect(at.framesOf('a', 'delta')).toHaveLength(INITIAL_CREDIT + 1);
  });

  test('a reader that reads gets more credit', async () => {
    const reader = at.connect('a').generate('hi').getReader();
    const { request } = await at.lastRequest();
    for (let i = 0; i < 5 * INITIAL_CREDIT; i++) {
      request.onDelta(String(i));
      expect((await reader.read()).value).toBe(String(i));
    }
  });

  test('cancelling the stream, or the signal, stops the work', async () => {
    const client = at.connect('a');
    const stream = client.generate('one');
    const first = await at.lastRequest();
    await stream.cancel();
    expect(await codeOf(stream.result)).toBe('aborted');
    await vi.waitFor(() => expect(first.request.signal.aborted).toBe(true));

    const stop = new AbortController();
    const second = client.generate('two', { signal: stop.signal });
    const reading = second.getReader().read();
    await vi.waitFor(() => expect(at.engines[0]!.requests).toHaveLength(2));
    stop.abort();
    expect(await codeOf(reading)).toBe('aborted');
    await vi.waitFor(() => expect(at.engines[0]!.requests[1]!.request.signal.aborted).toBe(true));
    await vi.waitFor(() => expect(at.framesOf('a', 'error')).toHaveLength(2));
    expect(at.framesOf('a', 'done')).toEqual([]);
  });

  test('a signal that is aborted already sends nothing', async () => {
    expect(await codeOf(at.connect('a').answer('hi', { signal: AbortSignal.abort() }))).toBe('aborted');
    expect(at.sent).toEqual([]);
    expect(at.engines).toEqual([]);
  });

  test('closing a channel aborts all its work and sends it nothing more', async () => {
    const a = at.connect('a');
    const result = a.answer('hi');
    const { request, finish } = await at.lastRequest();
    at.host.close('a');
    expect(request.signal.aborted).toBe(true);
    const before = at.sent.length;
    finish();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(at.sent).toHaveLength(before);
    a.close();
    expect(await codeOf(result)).toBe('disconnected');
  });

  test('running requests get heartbeats, idle channels none', async () => {
    vi.useFakeTimers();
    void at
      .connect('a')
      .answer('hi')
      .catch(() => {});
    await vi.advanceTimersByTimeAsync(2 * HEARTBEAT_MS + 1);
    expect(at.framesOf('a', 'heartbeat')).toHaveLength(2);
    at.host.close('a');
    await vi.advanceTimersByTimeAsync(5 * HEARTBEAT_MS);
    expect(at.framesOf('a', 'heartbeat')).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('limits', () => {
  test('too many answers at once of one site, over all its tabs, are refused with both figures', async () => {
    const tabs = Array.from({ length: 5 }, (_, i) => at.connect(`tab ${i}`, false));
    const answers = Array.from({ length: MAX_OPEN_GENERATES }, (_, i) => tabs[i % 4]!.answer('hi'));
    for (const answer of answers) answer.catch(() => {});
    await vi.waitFor(() => expect(at.engines[0]!.requests).toHaveLength(MAX_OPEN_GENERATES));
    const error = await tabs[4]!.answer('one more').catch((e: unknown) => e as LocalLLMError);
    expect(error).toMatchObject({
      code: 'quota',
      details: { requested: MAX_OPEN_GENERATES + 1, quota: MAX_OPEN_GENERATES },
    });
    // Another site has its own, and so has this one when an answer is complete.
    void at
      .connect('other', false, 'https://other.example')
      .answer('hi')
      .catch(() => {});
    await vi.waitFor(() => expect(at.engines[0]!.requests).toHaveLength(MAX_OPEN_GENERATES + 1));
    at.engines[0]!.requests[0]!.finish();
    await answers[0];
    void tabs[4]!.answer('one more').catch(() => {});
    await vi.waitFor(() => expect(at.engines[0]!.requests).toHaveLength(MAX_OPEN_GENERATES + 2));
    at.host.close('tab 1'); // and the work of a closed tab is given up
    expect(at.engines[0]!.requests.filter(({ request }) => request.signal.aborted)).toHaveLength(4);
  });

  test('text beyond the limit is refused before any work', async () => {
    const half = 'x'.repeat(MAX_TEXT_CHARS / 2);
    const result = at.connect('a').answer([{ role: 'user', content: half }], { system: `${half}!` });
    expect(await codeOf(result)).toBe('quota');
    expect(at.engines).toEqual([]);
  });

  test('pages get no trusted method', async () => {
    const page = at.connect('p', false);
    for (const asked of [page.models(), page.load(), page.unload(), page.profile(0), page.deleteModel('pocket')]) {
      expect(await codeOf(asked)).toBe('not-allowed');
    }
    expect(await codeOf(page.watchStatus(() => {}, new AbortController().signal))).toBe('not-allowed');
    expect(await codeOf(page.permissions.query())).toBe('not-allowed');
    expect(await at.connect('a').permissions.request()).toBe('granted');
  });
});

describe('hostile frames', () => {
  const errorsOf = () => at.framesOf('a', 'error');

  test.each([
    [null, 0],
    ['text', 0],
    [{ t: 'request', id: -1, method: 'generate' }, -1],
    [{ t: 'nonsense', id: 3 }, 3],
    [{ t: 'request', id: 3, method: 'constructor' }, 3],
    [{ t: 'request', id: 1.5, method: 'availability' }, 0],
    [{ t: 'credit', id: 4, deltas: -1 }, 4],
    [{ t: 'request', id: 3, method: 'availability', origin: 'https://other.example' }, 3],
  ])('%j is refused, not fatal', (frame, id) => {
    at.host.open('a', PAGE);
    at.host.frame('a', frame);
    expect(errorsOf()).toMatchObject([{ id, error: { code: 'bad-argument' } }]);
  });

  test('bad parameters are named by their path', async () => {
    at.host.open('a', PAGE);
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'user', content: 5 },
    ];
    at.host.frame('a', {
      t: 'request',
      id: 1,
      method: 'generate',
      params: { input: messages, options: {}, stream: true },
    });
    const params = { input: 'hi', options: { temperature: 'hot' }, stream: true };
    at.host.frame('a', { t: 'request', id: 2, method: 'generate', params });
    at.host.frame('a', { t: 'request', id: 3, method: 'availability', params: {} });
    await vi.waitFor(() => expect(errorsOf()).toHaveLength(3));
    expect(errorsOf().map(({ error }) => error.code)).toEqual(['bad-argument', 'bad-argument', 'bad-argument']);
    expect(errorsOf()[0]!.error.message).toContain('params.input.1.content');
    expect(errorsOf()[1]!.error.message).toContain('params.options.temperature');
  });

  test('an id that is used again ends its request, once', async () => {
    at.host.open('a', PAGE);
    const params = { input: 'hi', options: {}, stream: true };
    at.host.frame('a', { t: 'request', id: 7, method: 'generate', params });
    const { request } = await at.lastRequest();
    at.host.frame('a', { t: 'request', id: 7, method: 'generate', params });
    expect(request.signal.aborted).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(errorsOf()).toMatchObject([{ id: 7, error: { code: 'bad-argument' } }]);
    expect(at.engines[0]!.requests).toHaveLength(1);
  });

  test('a request on a channel that is not open learns that', () => {
    at.host.frame('gone', { t: 'request', id: 1, method: 'availability' });
    at.host.frame('gone', { t: 'cancel', id: 1 });
    expect(at.sent).toMatchObject([{ channel: 'gone', frame: { t: 'error', id: 1, error: { code: 'disconnected' } } }]);
  });
});
