/**
 * What our own UI holds: every method of the protocol over one connection. Errors are `LocalLLMError`s.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type {
  Availability,
  EngineStatus,
  GenerateParams,
  GenerateResult,
  Input,
  Measure,
  Usage,
} from '../protocol/messages.ts';
import { Channel } from './channel.ts';
import type { EngineProfile } from '../protocol/profile.ts';
import type { Connect } from './channel.ts';
import { modelMethods, type ModelMethods } from './models.ts';
import { openStream } from './stream.ts';
import type { GenerateStream } from './stream.ts';

export type ClientGenerateOptions = GenerateParams & { signal?: AbortSignal | undefined };

export interface Client extends ModelMethods {
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
  /** Calls with the status now and at each change. Resolves when aborted, rejects when the connection closes. */
  watchStatus(onStatus: (status: EngineStatus) => void, signal: AbortSignal): Promise<void>;
  /** Downloads (once) and loads a model; no id: the default one. Goes on when the caller leaves; `unload` stops it. */
  load(id?: string): Promise<EngineStatus>;
  unload(): Promise<EngineStatus>;
  /** Times a decode step and a prefill chunk after `past` tokens. Fails while answers are being written. */
  profile(past: number, signal?: AbortSignal): Promise<EngineProfile>;
  /** Ends everything open with code `disconnected`. A later call connects again. */
  close(): void;
}

/** Connects lazily; after a close the next call connects again. */
export function createClient(connect: Connect): Client {
  const channel = new Channel(connect);
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
    async watchStatus(onStatus, signal) {
      try {
        await channel.request('engine.status', { watch: true }, { onStatus, signal }).done;
      } catch (error) {
        if (error instanceof LocalLLMError && error.code === 'aborted' && signal.aborted) return;
        throw error;
      }
    },
    load: (id) => channel.request('engine.load', id === undefined ? {} : { id }).done,
    unload: () => channel.request('engine.unload', undefined).done,
    profile: (past, signal) => channel.request('engine.profile', { past }, { signal }).done,
    ...modelMethods(channel),
    close: () => channel.close(),
  };
}
