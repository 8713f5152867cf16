/**
 * The Prompt API's `LanguageModel`, on a client: the shape that pages see. What a session does is in `session.ts`.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { anySignal } from './abort.ts';
import type { PageClient } from './page-client.ts';
import { toConstraint } from './constraint.ts';
import { startMonitor } from './create-monitor.ts';
import { EventHandler, fire } from './event-handler.ts';
import type { LanguageModelMessageContent, LanguageModelStatic } from './language-model-types.ts';
import { toPageError } from './page-errors.ts';
import { openSession, Session } from './session.ts';
import type { SessionAnswer, SessionPrompt } from './session.ts';
import { fieldsOf, readPrompt, tellConstraint } from './session-input.ts';
import { readSessionOptions, readSignal } from './session-options.ts';
import type { SessionOptions } from './session-options.ts';
import { iterable } from './stream.ts';
import { LanguageModelToolCall } from './tool-values.ts';

const { defineProperty, freeze, getOwnPropertyNames } = Object;
const { AbortController, ReadableStream } = globalThis;

type Chunk = string | LanguageModelMessageContent;

/** The class for one client: `create` and `availability` ask it. Frozen, with its prototype. */
export function createLanguageModel(client: PageClient): LanguageModelStatic {
  class Model extends EventTarget {
    readonly #session: Session;
    readonly #onOverflow = new EventHandler(this, 'contextoverflow');

    constructor(session: Session) {
      super();
      // A page has none.
      if (!(session instanceof Session)) throw new TypeError('Illegal constructor: use LanguageModel.create().');
      this.#session = session;
      session.onOverflow = () => fire(this, 'contextoverflow');
      session.onModelChange = () => fire(this, 'modelchange');
    }
    static async create(options: unknown = {}) {
      const checked = named('create', () => readSessionOptions(options));
      return new Model(await asPage(open(client, checked), checked.signal));
    }
    static async availability(options: unknown = {}) {
      const { unsupported } = named('availability', () => readSessionOptions(options));
      return unsupported === undefined ? asPage(client.availability()) : 'unavailable';
    }
    async prompt(input: unknown, options: unknown = {}) {
      const prompt = readSessionPrompt('prompt', this.#session, input, options);
      return wholeAnswer(await asPage(this.#session.prompt(prompt)));
    }
    promptStreaming(input: unknown, options: unknown = {}) {
      return streamAnswer(this.#session, readSessionPrompt('promptStreaming', this.#session, input, options));
    }
    async append(input: unknown, options: unknown = {}) {
      return asPage(this.#session.append(readSessionPrompt('append', this.#session, input, options)));
    }
    async measureContextUsage(input: unknown, options: unknown = {}) {
      return asPage(this.#session.measure(readSessionPrompt('measureContextUsage', this.#session, input, options)));
    }
    async clone(options: unknown = {}) {
      return new Model(named('clone', () => this.#session.clone(readOptions(options).signal)));
    }
    destroy(): void {
      this.#session.destroy();
    }
    get contextUsage() {
      return this.#session.contextUsage;
    }
    get contextWindow() {
      return this.#session.contextWindow;
    }
    get samplingMode() {
      return this.#session.samplingMode;
    }
    get oncontextoverflow() {
      return this.#onOverflow.get();
    }
    set oncontextoverflow(handler: unknown) {
      this.#onOverflow.set(handler);
    }
  }
  return seal(Model) as unknown as LanguageModelStatic;
}

async function open(client: PageClient, options: SessionOptions): Promise<Session> {
  const { signal, monitor, unsupported } = options;
  signal?.throwIfAborted();
  const tell = startMonitor(monitor);
  if (unsupported !== undefined) {
    throw new LocalLLMError('not-supported', `LanguageModel.create: no model here takes or gives ${unsupported}.`);
  }
  if ((await client.availability()) === 'unavailable') {
    throw new LocalLLMError('not-supported', 'LanguageModel.create: there is no model that this device can run.');
  }
  signal?.throwIfAborted();
  tell(0);
  const session = await openSession(client, options, tell);
  tell(1);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', () => session.destroy(signal.reason), { once: true });
  return session;
}

function readOptions(given: unknown): Record<string, unknown> & { signal: AbortSignal | undefined } {
  const options = given === undefined ? {} : fieldsOf(given, 'options');
  return { ...options, signal: readSignal(options['signal']) };
}

/** @throws TypeError, DOMException NotSupportedError, SyntaxError, InvalidStateError */
function readSessionPrompt(method: string, session: Session, input: unknown, given: unknown): SessionPrompt {
  return named(method, () => {
    session.throwIfDestroyed();
    const answers = method !== 'append';
    const { signal, ...options } = readOptions(given);
    const messages = readPrompt(input, { prefix: answers, types: session.types, path: 'input' });
    const { responseConstraint, omitResponseConstraintInput = false } = answers ? options : {};
    if (responseConstraint === undefined) {
      if (!omitResponseConstraintInput) return { messages, signal };
      const message = 'options.omitResponseConstraintInput: there is no responseConstraint to leave out.';
      throw new LocalLLMError('bad-argument', message);
    }
    const constraint = toConstraint(responseConstraint, 'options.responseConstraint');
    const told = omitResponseConstraintInput ? messages : tellConstraint(messages, constraint);
    return { messages: told, constraint, signal };
  });
}

/** Text alone; an array where there are calls for the page to answer. */
function wholeAnswer(answer: SessionAnswer): string | LanguageModelMessageContent[] {
  const calls = callContents(answer);
  if (calls.length === 0) return answer.text;
  return answer.text === '' ? calls : [{ type: 'text', value: answer.text }, ...calls];
}

function callContents({ toolCalls }: SessionAnswer): LanguageModelMessageContent[] {
  return toolCalls.map(({ id, name, arguments: given }) => ({
    type: 'tool-call',
    value: new LanguageModelToolCall({ callId: id ?? '', name, arguments: given }),
  }));
}

/** Nothing waits for a reader: the next prompt runs when this one is answered. Cancelling the stream aborts the prompt. */
function streamAnswer(session: Session, prompt: SessionPrompt): ReadableStream<Chunk> {
  const stop = new AbortController();
  let controller!: ReadableStreamDefaultController<Chunk>;
  const stream = new ReadableStream<Chunk>({
    start: (given) => void (controller = given),
    cancel: (reason) => stop.abort(reason),
  });
  const tell = (chunk: Chunk): void => {
    if (!stop.signal.aborted) controller.enqueue(chunk);
  };
  const signal = anySignal([prompt.signal, stop.signal]);
  session.prompt({ ...prompt, signal }, tell).then(
    (answer) => {
      for (const call of callContents(answer)) tell(call);
      if (!stop.signal.aborted) controller.close();
    },
    (error: unknown) => controller.error(error instanceof LocalLLMError ? toPageError(error) : error),
  );
  return iterable(stream);
}

/** Runs a check whose errors name the method. */
function named<T>(method: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof LocalLLMError)) throw error;
    const message = `LanguageModel.${method}: ${error.message}`;
    throw toPageError(new LocalLLMError(error.code, message, { cause: error, details: error.details }));
  }
}

async function asPage<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof LocalLLMError ? toPageError(error, signal) : error;
  }
}

/** As the browser's own interfaces: named, members enumerable; and, unlike them, not to be changed. */
function seal<C extends { prototype: object }>(given: C): C {
  defineProperty(given, 'name', { value: 'LanguageModel' });
  defineProperty(given.prototype, Symbol.toStringTag, { value: 'LanguageModel' });
  for (const part of [given, given.prototype]) {
    for (const name of getOwnPropertyNames(part)) {
      if (['constructor', 'prototype', 'name', 'length'].includes(name)) continue;
      defineProperty(part, name, { enumerable: true });
    }
    freeze(part);
  }
  return given;
}
