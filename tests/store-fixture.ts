/**
 * What the store's tests share: a model, a disk, a server, and a store over them. Call `useStore()` once per file.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect } from 'vitest';
import { ModelStore } from '../engine/store/model-store.ts';
import type { ModelPlan } from '../engine/store/plan.ts';
import { LocalLLMError } from '../engine/protocol/errors.ts';
import type { StoreEnvironment } from '../engine/store/environment.ts';
import { FakeOpfs } from './fake-opfs.ts';
import { FileServer } from './file-server.ts';

/** Bytes without a pattern that a shifted copy could repeat. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) bytes[i] = (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
  return bytes;
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A model of one file with these bytes, pinned. */
export const planOf = (bytes: Uint8Array, url: string, id = 'model-1'): ModelPlan => ({
  id,
  name: 'Model',
  license: 'MIT',
  parts: [{ name: 'model.gguf', url, bytes: bytes.length, sha256: sha256Of(bytes) }],
});

export const content = noise(700_000);
export const MIB = 1024 * 1024;

/** New before each test. */
export class StoreWorld {
  readonly disk = new FakeOpfs();
  readonly server = new FileServer(content);
  /** Of the server: it ends in a slash. */
  baseUrl = '';
  /** Back-off waits, ms; none is really waited. */
  readonly waits: number[] = [];
  locks: LockManager | undefined = undefined;
  openVerifierThread: StoreEnvironment['openVerifierThread'] = undefined;
  segmentBytes = 256 * MIB;
  pieceBytes = 64 * 1024;

  get plan(): ModelPlan {
    return planOf(content, `${this.baseUrl}model.gguf`);
  }

  /** What a file that is fetched or copied is called on the disk. */
  blob(suffix: 'blob' | 'journal' | 'sums' = 'blob', disk: FakeOpfs = this.disk) {
    const name = [...disk.files.keys()].find((file) => file.endsWith(`.${suffix}`));
    return name === undefined ? undefined : disk.files.get(name);
  }

  /** Another tab's store, where called twice. */
  store(disk: FakeOpfs = this.disk, baseUrl = this.baseUrl): ModelStore {
    return new ModelStore(disk.directory(), this.environment(disk), {
      baseUrl,
      segmentBytes: this.segmentBytes,
      pieceBytes: this.pieceBytes,
    });
  }

  environment(disk: FakeOpfs): StoreEnvironment {
    return {
      fetch,
      sleep: async (ms) => {
        if (ms > 0) this.waits.push(ms);
        await new Promise((resolve) => setImmediate(resolve));
      },
      online: async () => {},
      estimate: async () => (disk.quota === Infinity ? undefined : { quota: disk.quota, usage: disk.usage }),
      locks: this.locks,
      openVerifierThread: this.openVerifierThread,
      random: () => 0.5,
      now: () => performance.now(),
    };
  }

  ensure(store: ModelStore, onProgress: (bytes: number) => void = () => {}, signal?: AbortSignal): Promise<void> {
    return store.ensure(this.plan, { onProgress, ...(signal && { signal }) });
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

/** All bytes of a stored model, its files one after another. */
export async function stored(store: ModelStore, id = 'model-1'): Promise<Buffer> {
  const { files, close } = await store.source(id);
  try {
    return Buffer.concat(await Promise.all(files.map((file) => file.read(0, file.size))));
  } finally {
    close();
  }
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
