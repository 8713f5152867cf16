/**
 * A weight store without weights, for tests of the host.
 *
 * @module
 */
import type { GenericSchema } from 'valibot';
import type { HostStore } from '../engine/host/model-shelf.ts';
import { LocalLLMError } from '../engine/protocol/errors.ts';
import type { ModelRecord } from '../engine/store/journal.ts';
import { KeptRecord } from '../engine/store/kept-record.ts';
import type { ModelPlan } from '../engine/store/plan.ts';
import { FakeOpfs } from './fake-opfs.ts';
import { writeGguf } from './gguf-writer.ts';

/** A store whose downloads the test drives. */
export class FakeStore implements HostStore {
  complete = new Set(['pocket', 'other']);
  gate: Promise<void> = Promise.resolve();
  downloads = 0;
  /** What the next reading is said to have found. */
  damaged = false;
  readonly imported: File[] = [];
  readonly names = new Map<string, string>();
  readonly plans = new Map<string, ModelPlan>();
  readonly tokens: [string, string | undefined][] = [];
  /** What a worker leaves to the next one beside models. */
  disk = new FakeOpfs();
  #last: Promise<unknown> = Promise.resolve();
  readonly #paused = new Map<string, () => void>();
  async list() {
    return [...new Set([...this.complete, ...this.plans.keys()])].map((id) => {
      const name = this.names.get(id) ?? id.toUpperCase();
      const complete = this.complete.has(id);
      const running = !complete && this.#paused.has(id) && { running: { bytesPerSecond: 10 } };
      return { id, name, parts: 1, bytes: complete ? 100 : 50, totalBytes: 100, complete, ...running };
    });
  }
  async record(id: string): Promise<ModelRecord | undefined> {
    const plan = this.plans.get(id);
    const parts = (plan?.parts ?? [{ name: `${id}.gguf`, sha256: '0'.repeat(64) }]).map((part) => ({
      ...part,
      key: id,
    }));
    return plan || this.complete.has(id) ? { format: 1, id, name: id.toUpperCase(), parts } : undefined;
  }
  async ensure(model: ModelPlan, options: Parameters<HostStore['ensure']>[1]): Promise<void> {
    this.downloads++;
    this.plans.set(model.id, model);
    options.onProgress(50, 100);
    const paused = Promise.withResolvers<never>();
    this.#paused.set(model.id, () => paused.reject(new LocalLLMError('aborted', 'stopped')));
    await Promise.race([
      this.gate,
      paused.promise,
      new Promise((_, reject) =>
        options.signal?.addEventListener('abort', () => reject(new LocalLLMError('aborted', 'cancelled'))),
      ),
    ]).finally(() => this.#paused.delete(model.id));
    this.complete.add(model.id);
  }
  async source(id: string) {
    const file = { name: `${id}.gguf`, size: 100, read: async () => new Uint8Array(0), close: () => {} };
    return { files: [file], close: () => {} };
  }
  async pause(id: string): Promise<void> {
    this.#paused.get(id)?.();
  }
  async mend(): Promise<boolean> {
    return this.damaged;
  }
  async import(model: { id: string; name: string }, files: readonly File[]): Promise<void> {
    this.imported.push(...files);
    this.names.set(model.id, model.name);
    this.complete.add(model.id);
  }
  /** Of stored models, where it matters. */
  readonly contents = new Map<string, Uint8Array<ArrayBuffer>>();
  async files(id: string) {
    return [{ name: `${id}.gguf`, file: new File([this.contents.get(id) ?? 'GGUF'], 'a.blob') }];
  }
  async rename(id: string, name: string): Promise<void> {
    this.names.set(id, name);
  }
  authorize(origin: string, token: string | undefined): void {
    this.tokens.push([origin, token]);
  }
  kept<S extends GenericSchema>(name: string, schema: S): KeptRecord<S> {
    return new KeptRecord(this.disk.directory(), name, schema, (act) => {
      const done = this.#last.then(act);
      this.#last = done.catch(() => {});
      return done;
    });
  }
  async remove(id: string): Promise<void> {
    this.complete.delete(id);
    this.plans.delete(id);
  }

  /** Stores a model, or an adapter, of such a header. */
  describe(id: string, metadata: NonNullable<Parameters<typeof writeGguf>[0]['metadata']>): void {
    this.complete.add(id);
    this.contents.set(id, writeGguf({ metadata }));
  }
}
