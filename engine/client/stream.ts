/**
 * The stream of one answer: text deltas under credit-based flow control, and the whole result.
 *
 * @module
 */
import { INITIAL_CREDIT } from '../protocol/messages.ts';
import type { GenerateResult } from '../protocol/messages.ts';
import type { OpenRequest, RequestOptions } from './channel.ts';

const { ReadableStream } = globalThis;
const { defineProperty } = Object;

/** Text deltas, async-iterable everywhere; `result` resolves with the whole answer even when nobody reads the stream. */
export interface GenerateStream extends ReadableStream<string> {
  readonly result: Promise<GenerateResult>;
}

/** Credit is granted in batches of this many deltas, so that it does not double the traffic. */
const CREDIT_BATCH = INITIAL_CREDIT / 2;

/** Starts a request and streams it. Buffered and promised deltas together never exceed the initial credit. */
export function openStream(
  start: (handlers: Pick<RequestOptions, 'onDelta'>) => OpenRequest<GenerateResult>,
): GenerateStream {
  let controller!: ReadableStreamDefaultController<string>;
  let open = true;
  let received = 0;
  let granted = INITIAL_CREDIT;
  const grant = (): void => {
    const buffered = INITIAL_CREDIT - (controller.desiredSize ?? 0);
    const owed = received - buffered + INITIAL_CREDIT - granted;
    if (owed < CREDIT_BATCH) return;
    granted += owed;
    request.credit(owed);
  };
  // The source is pulled and cancelled only after this function returned: `request` is there by then.
  const stream = new ReadableStream<string>(
    {
      start: (given) => void (controller = given),
      pull: () => (open ? grant() : undefined),
      cancel: () => {
        open = false;
        request.cancel();
      },
    },
    { highWaterMark: INITIAL_CREDIT },
  );
  const request = start({
    onDelta: (text) => {
      if (!open) return;
      received++;
      controller.enqueue(text);
    },
  });
  const result = request.done;
  result.then(
    () => {
      if (open) controller.close();
      open = false;
    },
    (error: unknown) => {
      if (open) controller.error(error);
      open = false;
    },
  );
  return asGenerateStream(stream, result);
}

/** The same answer with every error passed through `mapError`; adds no buffer of its own. */
export function mapStreamErrors(inner: GenerateStream, mapError: (error: unknown) => unknown): GenerateStream {
  const reader = inner.getReader();
  const stream = new ReadableStream<string>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(mapError(error));
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const result = inner.result.catch((error: unknown) => {
    throw mapError(error);
  });
  return asGenerateStream(stream, result);
}

function asGenerateStream(stream: ReadableStream<string>, result: Promise<GenerateResult>): GenerateStream {
  // Whoever only reads the stream learns of the failure there.
  result.catch(() => {});
  return defineProperty(iterable(stream), 'result', { value: result, enumerable: true }) as GenerateStream;
}

/** The stream, async-iterable in every browser. */
export function iterable<T>(stream: ReadableStream<T>): ReadableStream<T> {
  if (Symbol.asyncIterator in stream) return stream;
  return defineProperty(stream as ReadableStream<T>, Symbol.asyncIterator, { value: () => iterateStream(stream) });
}

/** What Safari's ReadableStream lacks; leaving the loop early cancels the stream, as elsewhere. */
export function iterateStream<T>(stream: ReadableStream<T>): AsyncIterableIterator<T, undefined> {
  const reader = stream.getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      if (!done) return { done: false, value };
      reader.releaseLock();
      return { done: true, value: undefined };
    },
    async return() {
      const cancelled = reader.cancel();
      reader.releaseLock();
      await cancelled;
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
