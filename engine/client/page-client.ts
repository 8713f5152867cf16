/**
 * What a page's side holds: the methods that answer pages, over one connection. Errors are `LocalLLMError`s.
 *
 * @module
 */
import type { Availability, GenerateParams, GenerateResult, Input, Measure, Usage } from '../protocol/messages.ts';
import { Channel, type Connect, type ModelListener } from './channel.ts';
import { type GenerateStream, openStream } from './stream.ts';

export type ClientGenerateOptions = GenerateParams & { signal?: AbortSignal | undefined };

export interface PageClient {
  /** Streams an answer. Cancelling the stream or aborting the signal stops the work; `result` then rejects with `aborted`. */
  generate(input: Input, options?: ClientGenerateOptions): GenerateStream;
  /** The whole answer at once: no deltas travel. */
  answer(input: Input, options?: ClientGenerateOptions): Promise<GenerateResult>;
  /** The prompt's tokens, as an answer would see them. `onProgress`: 0…1 of the model's download, where there is one first. */
  measure(input: Input, options?: ClientGenerateOptions, onProgress?: (fraction: number) => void): Promise<Measure>;
  /** Computes a prompt ahead of an answer that begins with it. */
  prefill(input: Input, options?: ClientGenerateOptions): Promise<Usage>;
  availability(): Promise<Availability>;
  readonly permissions: { query(): Promise<PermissionState>; request(): Promise<PermissionState> };
  /** Tells of each model that answers from now on; as long as somebody else holds the listener. */
  onModel(listener: ModelListener): void;
  /** Ends everything open with code `disconnected`. A later call connects again. */
  close(): void;
}

/** Connects lazily; after a close the next call connects again. */
export const createPageClient = (connect: Connect): PageClient => pageMethods(new Channel(connect));

export function pageMethods(channel: Channel): PageClient {
  const generation = (input: Input, options: ClientGenerateOptions, stream: boolean, onDelta?: (t: string) => void) => {
    const { signal, ...params } = options;
    const handlers = onDelta ? { signal, onDelta } : { signal };
    return channel.request('generate', { input, options: params, stream }, handlers);
  };
  return {
    generate: (input, options = {}) => openStream(({ onDelta }) => generation(input, options, true, onDelta)),
    answer: (input, options = {}) => generation(input, options, false).done,
    measure: (input, { signal, ...options } = {}, onProgress) =>
      channel.request('measure', { input, options }, { signal, onProgress }).done,
    prefill: (input, { signal, ...options } = {}) => channel.request('prefill', { input, options }, { signal }).done,
    availability: () => channel.request('availability', undefined).done,
    permissions: {
      query: () => channel.request('permissions.query', undefined).done,
      request: () => channel.request('permissions.request', undefined).done,
    },
    onModel: (listener) => channel.onModel(listener),
    close: () => channel.close(),
  };
}
