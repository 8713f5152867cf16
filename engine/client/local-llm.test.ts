import { afterEach, describe, expect, test, vi } from 'vitest';
import { LocalLLMError } from '../protocol/errors.ts';
import type { ErrorCode, ErrorDetails } from '../protocol/errors.ts';
import type { DownFrame, GenerateResult, UpFrame } from '../protocol/messages.ts';
import type { ConnectHandlers } from './channel.ts';
import { createClient } from './client.ts';
import { getLocalLLM } from './discovery.ts';
import { createLocalLLM } from './local-llm.ts';
import type { GenerateOptions } from './local-llm.ts';
import { toPageError } from './page-errors.ts';
import { iterateStream } from './stream.ts';

const RESULT: GenerateResult = {
  text: 'Paris',
  finishReason: 'stop',
  usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 1 },
  timing: { ttftMs: 1, tokensPerSecond: 1 },
};

/** A page object whose other end the test plays. */
function pair() {
  const sent: DownFrame[] = [];
  const links: ConnectHandlers[] = [];
  const client = createClient((handlers) => {
    links.push(handlers);
    return { send: (frame) => sent.push(structuredClone(frame)), close: () => {} };
  });
  const answer = (frame: UpFrame): void => links.at(-1)!.onFrame(frame);
  return { llm: createLocalLLM(client), client, sent, links, answer };
}
const thrownBy = (call: () => unknown): Promise<unknown> =>
  Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (error: unknown) => error,
    );

describe('arguments', () => {
  test.each<[unknown, unknown, string]>([
    [undefined, {}, 'input: Expected a string or an array of messages but received undefined'],
    [[], {}, 'input'],
    [[{ role: 'robot', content: 'x' }], {}, 'input.0.role'],
    ['x', { temperature: 'hot' }, 'options.temperature'],
    ['x', { temperature: Number.NaN }, 'options.temperature'],
    ['x', { topP: 2 }, 'options.topP'],
    ['x', { maxTokens: 0 }, 'options.maxTokens'],
    ['x', { stop: [''] }, 'options.stop.0'],
    ['x', { logitBias: { a: 1 } }, 'options.logitBias.a'],
    ['x', { tempreature: 1 }, 'options.tempreature'],
    ['x', { signal: {} }, 'options.signal'],
    ['x', null, 'options: expected an object but received null'],
    ['x', 5, 'options: expected an object but received number'],
  ])('generate(%j, %j) is a TypeError naming %s', async (input, options, named) => {
    const { llm, sent } = pair();
    const ask = (method: 'generate' | 'generateStreaming') => () =>
      llm[method](input as string, options as GenerateOptions);
    for (const method of ['generate', 'generateStreaming'] as const) {
      const error = await thrownBy(ask(method));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toContain(`localLLM.${method}: ${named}`);
    }
    expect(sent).toEqual([]);
  });

  test.each<[object, object]>([
    [/a+[b-z]?/iu, { type: 'regexp', source: 'a+[b-z]?', flags: 'iu' }],
    [
      { type: 'object', left: undefined },
      { type: 'json-schema', schema: { type: 'object' } },
    ],
    [{ toJSON: () => ({ type: 'string' }) }, { type: 'json-schema', schema: { type: 'string' } }],
  ])('the responseConstraint %j travels as %j', async (responseConstraint, travels) => {
    const { llm, sent, answer } = pair();
    const asked = llm.generate('x', { responseConstraint });
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({ params: { options: { responseConstraint: travels } } });
    answer({ t: 'done', id: 1, result: RESULT });
    await asked;
  });

  test('a responseConstraint that JSON cannot carry is a TypeError naming it', async () => {
    const circular: { items?: object } = {};
    circular.items = circular;
    for (const given of [circular, { maximum: 1n }, [], null, 'a+', () => {}]) {
      const error = await thrownBy(() => pair().llm.generate('x', { responseConstraint: given as object }));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toContain('localLLM.generate: options.responseConstraint');
    }
  });

  test('numbers as keys of logitBias reach the engine', async () => {
    const { llm, sent, answer } = pair();
    const asked = llm.generate('x', { logitBias: { 5: -1 }, seed: 3 });
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    const params = { input: 'x', options: { logitBias: { 5: -1 }, seed: 3 }, stream: false };
    expect(sent[0]).toEqual({ t: 'request', id: 1, method: 'generate', params });
    answer({ t: 'done', id: 1, result: RESULT });
    expect(await asked).toEqual(RESULT);
  });
});

describe('errors', () => {
  const error = (code: ErrorCode, details: ErrorDetails = {}) => new LocalLLMError(code, 'why', { details });

  test.each<[ErrorCode, string]>([
    ['not-allowed', 'NotAllowedError'],
    ['not-supported', 'NotSupportedError'],
    ['no-webgpu', 'NotSupportedError'],
    ['device-lost', 'OperationError'],
    ['network', 'NetworkError'],
    ['disconnected', 'NetworkError'],
    ['invalid-state', 'InvalidStateError'],
    ['aborted', 'AbortError'],
  ])('%s is %s', (code, name) => {
    const mapped = toPageError(error(code)) as DOMException;
    expect(mapped).toBeInstanceOf(DOMException);
    expect([mapped.name, mapped.message]).toEqual([name, 'why']);
  });

  test('a code this page does not know yet is still an error', () => {
    expect((toPageError(error('from-the-future' as ErrorCode)) as DOMException).name).toBe('OperationError');
  });

  test.each([{ requested: 10, quota: 5 }, { requested: 5, quota: 10 }, {}])(
    'quota carries its figures: %j',
    (details) => {
      const mapped = toPageError(error('quota', details)) as DOMException & ErrorDetails;
      expect(mapped).toBeInstanceOf(DOMException);
      expect(mapped.name).toBe('QuotaExceededError');
      expect({ requested: mapped.requested, quota: mapped.quota }).toEqual({
        requested: null,
        quota: null,
        ...details,
      });
    },
  );

  test("abort rejects with the signal's own reason and tells the host", async () => {
    const { llm, sent } = pair();
    const stop = new AbortController();
    const stream = llm.generateStreaming('x', { signal: stop.signal });
    const reading = stream.getReader().read();
    const reason = new Error('changed my mind');
    stop.abort(reason);
    expect(await thrownBy(() => reading)).toBe(reason);
    expect(await thrownBy(() => stream.result)).toBe(reason);
    expect(sent.at(-1)).toEqual({ t: 'cancel', id: 1 });

    const early = (await thrownBy(() => llm.generate('x', { signal: AbortSignal.abort() }))) as DOMException;
    expect(early.name).toBe('AbortError');
  });

  test('a closed connection fails what is open; the next call connects again', async () => {
    const { llm, client, links, answer } = pair();
    const first = llm.availability();
    const second = llm.generateStreaming('x');
    links[0]!.onClose();
    expect(((await thrownBy(() => first)) as DOMException).name).toBe('NetworkError');
    expect(((await thrownBy(() => second.getReader().read())) as DOMException).name).toBe('NetworkError');
    const third = client.availability();
    expect(links).toHaveLength(2);
    links[0]!.onFrame({ t: 'done', id: 3, result: 'downloading' }); // of the old connection
    answer({ t: 'done', id: 3, result: 'available' });
    expect(await third).toBe('available');
  });

  test('a connection that cannot be made fails the call alone', async () => {
    const gone = new LocalLLMError('disconnected', 'Reload this page.');
    const throwing = createClient(() => {
      throw gone;
    });
    expect(await thrownBy(() => throwing.availability())).toBe(gone);
    const closing = createClient(({ onClose }) => {
      onClose(gone);
      return { send: () => {}, close: () => {} };
    });
    expect(await thrownBy(() => closing.availability())).toBe(gone);
  });

  test('what cannot be cloned is a bad argument', async () => {
    const { llm } = pair();
    const tools = [{ name: 'f', parameters: { call: () => {} } }];
    expect(await thrownBy(() => llm.generate('x', { tools }))).toBeInstanceOf(TypeError);
  });
});

test('the page object is frozen through and through', () => {
  const { llm } = pair();
  for (const part of [
    llm,
    llm.generate,
    llm.generateStreaming,
    llm.availability,
    llm.permissions,
    llm.permissions.query,
  ]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

describe('streams', () => {
  test('deltas arrive through the page object, and what was sent before the end is read', async () => {
    const { llm, answer } = pair();
    const stream = llm.generateStreaming('x');
    answer({ t: 'delta', id: 1, text: 'Pa' });
    answer({ t: 'heartbeat', id: 1 });
    answer({ t: 'delta', id: 1, text: 'ris' });
    answer({ t: 'done', id: 1, result: RESULT });
    const read: string[] = [];
    for await (const text of stream) read.push(text);
    expect(read).toEqual(['Pa', 'ris']);
    expect(await stream.result).toEqual(RESULT);
  });

  test('leaving the loop cancels, also where the browser has no async iterator', async () => {
    for (const iterate of [(s: ReadableStream<string>) => s, iterateStream]) {
      const { llm, sent, answer } = pair();
      const stream = llm.generateStreaming('x');
      answer({ t: 'delta', id: 1, text: 'a' });
      for await (const text of iterate(stream)) {
        expect(text).toBe('a');
        break;
      }
      expect(sent.at(-1)).toEqual({ t: 'cancel', id: 1 });
      expect(stream.locked).toBe(false);
    }
  });

  test('the own iterator reads to the end and releases the stream', async () => {
    const stream = new ReadableStream<string>({
      start: (c) => {
        c.enqueue('a');
        c.enqueue('b');
        c.close();
      },
    });
    const read: string[] = [];
    for await (const text of iterateStream(stream)) read.push(text);
    expect(read).toEqual(['a', 'b']);
    expect(stream.locked).toBe(false);
  });
});

describe('discovery', () => {
  const events = new EventTarget();
  const stub = (): void => {
    vi.stubGlobal('addEventListener', events.addEventListener.bind(events));
    vi.stubGlobal('removeEventListener', events.removeEventListener.bind(events));
    vi.stubGlobal('dispatchEvent', events.dispatchEvent.bind(events));
  };
  afterEach(() => vi.unstubAllGlobals());

  test('resolves with the provider that answers', async () => {
    stub();
    const { llm: provider } = pair();
    const announce = () =>
      events.dispatchEvent(new CustomEvent('localllm:announce', { detail: { info: {}, provider } }));
    events.addEventListener('localllm:request', announce);
    expect(await getLocalLLM()).toBe(provider);
    events.removeEventListener('localllm:request', announce);
  });

  test('gives up with advice', async () => {
    stub();
    const error = (await thrownBy(() => getLocalLLM({ timeoutMs: 1 }))) as DOMException;
    expect(error.name).toBe('NotSupportedError');
    expect(error.message).toContain('Install the localLLM extension');
  });
});
