/**
 * What our own UI holds: every method of the protocol over one connection. Errors are `LocalLLMError`s.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { EngineStatus } from '../protocol/messages.ts';
import type { EngineProfile } from '../protocol/profile.ts';
import { Channel, type Connect } from './channel.ts';
import { modelMethods, type ModelMethods } from './models.ts';
import { type PageClient, pageMethods } from './page-client.ts';

export interface Client extends PageClient, ModelMethods {
  /** Calls with the status now and at each change. Resolves when aborted, rejects when the connection closes. */
  watchStatus(onStatus: (status: EngineStatus) => void, signal: AbortSignal): Promise<void>;
  /** Downloads (once) and loads a model; no id: the default one. Goes on when the caller leaves; `unload` stops it. */
  load(id?: string): Promise<EngineStatus>;
  unload(): Promise<EngineStatus>;
  /** Times a decode step and a prefill chunk after `past` tokens. Fails while answers are being written. */
  profile(past: number, signal?: AbortSignal): Promise<EngineProfile>;
}

/** Connects lazily; after a close the next call connects again. */
export function createClient(connect: Connect): Client {
  const channel = new Channel(connect);
  return {
    ...pageMethods(channel),
    ...modelMethods(channel),
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
  };
}
