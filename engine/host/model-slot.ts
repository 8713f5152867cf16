/**
 * The one model that the host serves: chosen, downloaded, loaded, lost, loaded again.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { Availability, ModelInfo } from '../protocol/messages.ts';
import type { EngineProfile } from '../protocol/profile.ts';
import type { Engine } from '../runtime/engine.ts';
import type { Profiler } from '../runtime/profile.ts';
import { throwIfAborted, untilAborted } from './abort.ts';
import { Downloads } from './downloads.ts';
import { ModelFits, type ModelFitsOptions } from './model-fits.ts';
import { ModelShelf, type ModelShelfOptions } from './model-shelf.ts';
import { type ModelStatus, readyStatus, RecoveryPeriod } from './model-status.ts';

export interface ModelSlotOptions extends ModelShelfOptions, ModelFitsOptions {
  /** Opens the GPU; called lazily, and again after the device was lost. */
  createEngine(): Promise<Engine>;
  /** Opens the GPU once more, with timestamps. */
  createProfiler(): Promise<Profiler>;
  /** Whether this browser has a GPU that an engine can use. Asks nothing of the GPU's memory. */
  hasGpu(): Promise<boolean>;
}

/** A load under way, and those who wait for it. */
interface Loading {
  id: string;
  done: Promise<Engine>;
  stop: AbortController;
  waiting: number;
  /** Asked for by name: goes on even when nobody waits any more. */
  pinned: boolean;
}

/** Failures that trying again cannot mend on this device. */
const HOPELESS = new Set(['no-webgpu', 'no-adapter', 'not-supported', 'out-of-memory']);
/** A status frame for each percent, not for each chunk of a download. */
const PROGRESS_STEP = 0.01;

export class ModelSlot {
  /** Called at every change of the status. */
  onChange: () => void = () => {};
  readonly #options: ModelSlotOptions;
  #status: ModelStatus = { state: 'idle' };
  readonly shelf: ModelShelf;
  readonly downloads: Downloads;
  readonly #fits: ModelFits;
  #engine: Engine | undefined;
  #loading: Loading | undefined;
  #recovery: RecoveryPeriod | undefined;
  /** The model that `ready` loads: the last one asked for by name, else the default. */
  #chosen: string;
  /** Loads, unloads and deletions, one after another. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: ModelSlotOptions) {
    this.#options = options;
    this.shelf = new ModelShelf(options);
    this.downloads = new Downloads(this.shelf);
    this.#fits = new ModelFits(this.shelf, options, () => this.onChange());
    this.#chosen = this.shelf.defaultId;
  }

  status(): ModelStatus {
    const info = this.#status.state === 'ready' ? this.#engine?.info() : undefined;
    return info ? { ...this.#status, gpuBytes: info.gpuBytes } : this.#status;
  }

  /** Requests that the engine runs and holds back now. */
  counts(): { running: number; waiting: number } {
    const { running = 0, waiting = 0 } = this.#engine?.info() ?? {};
    return { running, waiting };
  }

  /** An engine with the chosen model loaded. Leaving by `signal` ends a load that nobody else waits for. */
  async ready(signal: AbortSignal): Promise<Engine> {
    if (this.#engine && (this.#recovery || this.#status.state === 'ready')) return this.#engine;
    for (;;) {
      try {
        return await this.#join(this.#underWay() ?? this.#start(this.#chosen), signal);
      } catch (error) {
        // Another model was asked for meanwhile: that one answers.
        const replaced = LocalLLMError.from(error).code === 'aborted' && this.#underWay() !== undefined;
        if (!replaced || signal.aborted) throw error;
      }
    }
  }

  /** Downloads (once) and loads a model by name; no id: the chosen one. Goes on when the asker leaves. */
  async load(id: string | undefined, signal: AbortSignal): Promise<void> {
    const wanted = id ?? this.#chosen;
    await this.shelf.entry(wanted);
    this.#chosen = wanted;
    const current = this.#underWay();
    if (this.#recovery?.before.model?.id === wanted) return untilAborted(this.#recovery.ended, signal);
    if (!current && this.#status.state === 'ready' && this.#status.model?.id === wanted) return;
    const loading = current?.id === wanted ? current : this.#start(wanted);
    loading.pinned = true;
    await this.#join(loading, signal);
  }

  /** Stops a load and frees the GPU. */
  async unload(): Promise<void> {
    this.#loading?.stop.abort();
    await this.#enqueue(() => this.#unloadNow());
  }

  /**
   * Profiles the chosen model in the place of the engine; a model that was loaded is loaded again afterwards.
   * @throws LocalLLMError not-supported (no timestamps), invalid-state (answers are being written), and whatever loading throws
   */
  profile(past: number, signal: AbortSignal): Promise<EngineProfile> {
    const done = this.#enqueue(() => this.#profileNow(past, signal));
    return untilAborted(done, signal);
  }

  async availability(): Promise<Availability> {
    const { state, error } = this.#status;
    if (state === 'ready' || state === 'loading' || state === 'profiling') return 'available';
    if (state === 'downloading') return 'downloading';
    if (error && HOPELESS.has(error.code)) return 'unavailable';
    if (!(await this.#options.hasGpu())) return 'unavailable';
    return (await this.shelf.isStored(this.#chosen)) ? 'available' : 'downloadable';
  }

  async list(): Promise<ModelInfo[]> {
    return this.#fits.add(await this.shelf.list(this.#status, this.downloads.errors));
  }

  /** Deletes a stored model; the loaded one is unloaded first. */
  async delete(id: string): Promise<void> {
    await this.shelf.entry(id);
    if (this.#loading?.id === id) this.#loading.stop.abort();
    await this.#enqueue(async () => {
      if (this.#status.model?.id === id) await this.#unloadNow();
      await (await this.shelf.store()).remove(id);
    });
    this.onChange();
  }

  /** The load that goes on; one that was stopped only runs out. */
  #underWay(): Loading | undefined {
    return this.#loading?.stop.signal.aborted ? undefined : this.#loading;
  }

  async #join(loading: Loading, signal: AbortSignal): Promise<Engine> {
    loading.waiting++;
    try {
      return await untilAborted(loading.done, signal);
    } finally {
      loading.waiting--;
      if (loading.waiting === 0 && !loading.pinned) loading.stop.abort();
    }
  }

  #start(id: string): Loading {
    this.#loading?.stop.abort();
    const stop = new AbortController();
    const done = this.#enqueue(() => this.#loadNow(id, stop.signal));
    const loading: Loading = { id, done, stop, waiting: 0, pinned: false };
    this.#loading = loading;
    const forget = (): void => {
      if (this.#loading === loading) this.#loading = undefined;
    };
    done.then(forget, forget);
    return loading;
  }

  async #loadNow(id: string, signal: AbortSignal): Promise<Engine> {
    if (this.#engine && this.#status.state === 'ready' && this.#status.model?.id === id) return this.#engine;
    this.#endRecovery();
    try {
      throwIfAborted(signal);
      const { name, entry } = await this.shelf.entry(id);
      const model = { id, name, contextTokens: 0 };
      // First of all: nothing is downloaded to a device that cannot run it.
      const engine = (this.#engine ??= await this.#createEngine());
      await this.#download(id, name, signal);
      this.#set({ state: 'loading', model, progress: 0 });
      const { source, close } = await this.shelf.open(id);
      try {
        const onProgress = (fraction: number): void => this.#progress(fraction);
        const sampling = entry?.sampling;
        const reopen = () => this.shelf.open(id);
        await engine.load(source, { onProgress, signal, reopen, ...(sampling ? { sampling } : {}) });
      } finally {
        close();
      }
      const info = engine.info();
      if (!info || this.#engine !== engine) throw new LocalLLMError('device-lost', 'The GPU was lost. Try again.');
      this.#set(readyStatus({ id, name }, info));
      return engine;
    } catch (thrown) {
      const error = LocalLLMError.from(thrown);
      if (error.code === 'bad-file') await this.shelf.discard(id);
      if (error.code === 'aborted') this.#set({ state: 'idle' });
      else this.#fail(error);
      throw error;
    }
  }

  async #download(id: string, name: string, signal: AbortSignal): Promise<void> {
    if (await this.shelf.isCurrent(id)) return;
    const plan = await this.shelf.plan(id, signal);
    this.#set({ state: 'downloading', model: { id, name, contextTokens: 0 }, progress: 0 });
    const onProgress = (bytes: number, total: number | undefined): void => {
      if (total !== undefined) this.#progress(bytes / total);
    };
    await (await this.shelf.store()).ensure(plan, { onProgress, signal });
  }

  async #createEngine(): Promise<Engine> {
    const engine = await this.#options.createEngine();
    engine.onRecovery = (progress) => {
      if (this.#engine === engine) this.#recovers(progress);
    };
    engine.onLost = (error) => {
      if (this.#engine !== engine) return;
      this.#engine = undefined;
      // A load under way fails by itself and says so.
      if (this.#recovery || this.#status.state === 'ready') this.#fail(error);
      this.#endRecovery(error);
    };
    return engine;
  }

  /** The engine opens a lost GPU again; undefined: it is back. */
  #recovers(progress: number | undefined): void {
    const { before } = this.#recovery ?? {};
    if (before && progress !== undefined) return this.#progress(progress);
    if (before) {
      this.#set(before);
      return this.#endRecovery();
    }
    if (this.#status.state !== 'ready' || progress === undefined) return;
    this.#recovery = new RecoveryPeriod(this.#status);
    this.#set(this.#recovery.status);
  }

  #endRecovery(error?: LocalLLMError): void {
    const recovery = this.#recovery;
    this.#recovery = undefined;
    recovery?.end(error);
  }

  async #profileNow(past: number, signal: AbortSignal): Promise<EngineProfile> {
    throwIfAborted(signal);
    if (this.#recovery || this.counts().running > 0) {
      throw new LocalLLMError('invalid-state', 'An answer is being written. Profile when it is complete.');
    }
    const id = this.#chosen;
    const { name } = await this.shelf.entry(id);
    // Before anything is given up for it.
    const profiler = await this.#options.createProfiler();
    const before = this.#status;
    try {
      await this.#download(id, name, signal);
      await this.#engine?.unload();
      this.#set({ state: 'profiling', model: { id, name, contextTokens: 0 }, progress: 0 });
      const { source, close } = await this.shelf.open(id);
      const onProgress = (fraction: number): void => this.#progress(fraction);
      const measured = profiler.profile(source, { past, onProgress, signal }).finally(close);
      return { model: { id, name }, ...(await measured) };
    } finally {
      profiler.close();
      this.#set({ state: 'idle' });
      if (before.state === 'ready') this.#start(id).pinned = true;
    }
  }

  async #unloadNow(): Promise<void> {
    this.#endRecovery(new LocalLLMError('aborted', 'The model was unloaded.'));
    await this.#engine?.unload();
    this.#set({ state: 'idle' });
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {}); // belongs to whoever asked for it
    return done;
  }

  #progress(fraction: number): void {
    const clamped = Math.min(Math.max(fraction, 0), 1);
    const step = Math.abs(clamped - (this.#status.progress ?? 0));
    if (step >= PROGRESS_STEP || clamped === 1) this.#set({ ...this.#status, progress: clamped });
  }

  #fail(error: LocalLLMError): void {
    const { model } = this.#status;
    this.#set({ state: 'failed', error: error.toData(), ...(model ? { model } : {}) });
  }

  #set(status: ModelStatus): void {
    this.#status = status;
    this.onChange();
  }
}
