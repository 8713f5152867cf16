/**
 * What the store's tests share: a model, a disk, a server, and a store over them. Call `useStore()` once per file.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect } from 'vitest';
import type { CatalogEntry } from '../engine/store/catalog.ts';
import { ModelStore } from '../engine/store/model-store.ts';
import { LocalLLMError } from '../engine/protocol/errors.ts';
import { FakeOpfs } from './fake-opfs.ts';
import { FileServer } from './file-server.ts';

/** Bytes without a pattern that a shifted copy could repeat. */
export function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) bytes[i] = (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
  return bytes;
}

/** The entry that pins these bytes, as model-1. */
export const entryOf = (content: Uint8Array): CatalogEntry => ({
  id: 'model-1',
  name: 'Model',
  url: 'models/model.gguf',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
  license: 'MIT',
});

export const content: Uint8Array = noise(700_000);
export const entry = entryOf(content);

/** New before each test. */
export class StoreWorld {
  readonly disk = new FakeOpfs();
  readonly server = new FileServer(content);
  baseUrl = '';
  /** Back-off waits, ms; none is really waited. */
  readonly waits: number[] = [];
  locks: LockManager | undefined = undefined;

  /** Another tab's store, where called twice. */
  store(disk: FakeOpfs = this.disk): ModelStore {
    return new ModelStore(disk.directory(), {
      fetch,
      sleep: async (ms) => {
        if (ms > 0) this.waits.push(ms);
        await new Promise((resolve) => setImmediate(resolve));
      },
      availableBytes: async () => (disk.quota === Infinity ? undefined : disk.quota - disk.usage),
      locks: this.locks,
    });
  }

  ensure(store: ModelStore, onProgress: (bytes: number) => void = () => {}, signal?: AbortSignal): Promise<void> {
    return store.ensure(entry, { baseUrl: this.baseUrl, onProgress, ...(signal && { signal }) });
  }
}

/** A world for each test of the file. */
export function useStore(): { current: StoreWorld } {
  const world = { current: new StoreWorld() };
  beforeEach(async () => {
    world.current = new StoreWorld();
    world.current.baseUrl = await world.current.server.start();
  });
  afterEach(() => world.current.server.stop());
  return world;
}

/** All bytes of the stored model. */
export async function stored(store: ModelStore): Promise<Buffer> {
  const file = await store.source(entry.id);
  const bytes = await file.read(0, file.size);
  file.close();
  return Buffer.from(bytes);
}

/** What the promise rejects with, which must be an error of ours. */
export async function failure(promise: Promise<unknown>): Promise<LocalLLMError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LocalLLMError);
  return error as LocalLLMError;
}
