/**
 * The engine and the model that it has: loaded, in use, replaced, lost, opened again. One thing after another is asked of it (see
 * model-slot.ts); who uses it is done before another model takes its place.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { ModelSettings } from '../protocol/models.ts';
import type { EngineProfile } from '../protocol/profile.ts';
import type { Engine } from '../runtime/engine.ts';
import type { Profiler } from '../runtime/profile.ts';
import { throwIfAborted, untilAborted } from './abort.ts';
import { EngineUsers } from './engine-users.ts';
import { attachAdapters, loadInto, type ModelToLoad, sameAdapters, sameSize } from './model-load.ts';
import type { ModelShelf } from './model-shelf.ts';
import { type ModelStatus, readyStatus, RecoveryPeriod, WaitingPeriod, withNotice } from './model-status.ts';

export interface EngineSeatOptions {
  /** Opens the GPU; called lazily, and again after the device was lost. */
  createEngine(): Promise<Engine>;
  /** Opens the GPU once more, with timestamps. */
  createProfiler(): Promise<Profiler>;
}

/** A status frame for each percent, not for each chunk of a download. */
const PROGRESS_STEP = 0.01;

export class EngineSeat {
  /** Called at every change of the status. */
  onChange: () => void = () => {};
  /** Called when another model answers than before, or the same one with another context. */
  onModel: (contextTokens: number) => void = () => {};
  /** Called when nobody uses what is loaded, and when somebody does. */
  onIdle: (idle: boolean) => void = () => {};
  readonly #options: EngineSeatOptions;
  readonly #shelf: ModelShelf;
  readonly #users = new EngineUsers();
  #status: ModelStatus = { state: 'idle' };
  /** The status while what is loaded answers. */
  #ready: ModelStatus = this.#status;
  #engine: Engine | undefined;
  #recovery: RecoveryPeriod | undefined;
  #loaded: ModelToLoad | undefined;
  /** What was told of last. */
  #told: { id: string; contextTokens: number } | undefined;
  /** Nobody begins to use the engine any more: another model takes its place. */
  #waiting: WaitingPeriod | undefined;

  constructor(options: EngineSeatOptions, shelf: ModelShelf) {
    this.#options = options;
    this.#shelf = shelf;
    this.#users.onChange = () => {
      if (this.#waiting) this.onChange();
      this.#tellIdle();
    };
  }

  status(): ModelStatus {
    const info = this.#status.state === 'ready' ? this.#engine?.info() : undefined;
    const status = info ? { ...this.#status, gpuBytes: info.gpuBytes } : this.#status;
    return withNotice(status, this.#waiting?.notice(this.#users.count));
  }

  /** Requests that the engine runs and holds back now. */
  counts(): { running: number; waiting: number } {
    const { running = 0, waiting = 0 } = this.#engine?.info() ?? {};
    return { running, waiting };
  }

  /** The model that answers now, or will when the GPU is back. */
  get loaded(): ModelToLoad | undefined {
    return this.#loaded;
  }

  /** Whether requests may go to the engine now. While a lost GPU is opened again it holds them. */
  get isUsable(): boolean {
    return this.#engine !== undefined && this.#loaded !== undefined && !this.#waiting;
  }

  /** Ends when a lost GPU is back, or is not. */
  get recovery(): Promise<void> | undefined {
    return this.#recovery?.ended;
  }

  /** To be called while it is usable. */
  use<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    const engine = this.#engine!;
    return this.#users.with(() => work(engine));
  }

  /** The engine, without counting as a user. */
  get engine(): Engine | undefined {
    return this.isUsable ? this.#engine : undefined;
  }

  /** New defaults of the loaded model: they hold from the next request on. */
  setSampling(sampling: ModelSettings['sampling']): void {
    if (!this.#loaded) return;
    const { sampling: _, ...settings } = this.#loaded.settings;
    this.#loaded = { ...this.#loaded, settings: { ...settings, ...(sampling && { sampling }) } };
  }

  /** Downloads (once) and loads. What is loaded already stays, with other adapters where those changed. */
  async load(prepare: () => Promise<ModelToLoad>, signal: AbortSignal): Promise<void> {
    try {
      throwIfAborted(signal);
      const model = await prepare();
      const loaded = this.#loaded;
      if (this.#engine && loaded?.id === model.id && sameSize(loaded, model)) {
        return await this.#adapt(loaded, model, signal);
      }
      // First of all: nothing is downloaded to a device that cannot run it.
      const engine = (this.#engine ??= await this.#createEngine());
      await this.#download(model, signal);
      await this.#untilFree(model, signal);
      await this.#loadNow(engine, model, signal);
    } catch (thrown) {
      const error = LocalLLMError.from(thrown);
      if (this.#loaded) this.#set(this.#recovery?.status ?? this.#ready);
      else if (error.code === 'aborted') this.#set({ state: 'idle' });
      else this.#fail(error);
      throw error;
    } finally {
      this.#endWaiting();
    }
  }

  /** The load that waits for answers waits no longer: they end. */
  hurry(): void {
    if (!this.#waiting?.isLong) return;
    this.#loaded = undefined;
    void this.#engine?.unload();
  }

  /** What failed is not wanted any more. */
  forgetFailure(): void {
    if (this.#status.state === 'failed') this.#set({ state: 'idle' });
  }

  /** Stops what runs and frees the GPU. */
  async unload(): Promise<void> {
    this.#endRecovery(new LocalLLMError('aborted', 'The model was unloaded.'));
    this.#loaded = undefined;
    this.#tellIdle();
    await this.#engine?.unload();
    this.#set({ state: 'idle' });
  }

  /** Profiles a model in the place of the engine, which has none afterwards. */
  async profile(model: ModelToLoad, past: number, signal: AbortSignal): Promise<EngineProfile> {
    const { id, name } = model;
    throwIfAborted(signal);
    if (this.#recovery || this.#users.count > 0) {
      throw new LocalLLMError('invalid-state', 'An answer is being written. Profile when it is complete.');
    }
    await this.#untilFree(model, signal); // nobody is there, and nobody comes
    // Before anything is given up for it.
    const profiler = await this.#options.createProfiler().catch((error: unknown) => {
      this.#endWaiting();
      throw error;
    });
    try {
      await this.#download({ id, name }, signal);
      this.#loaded = undefined;
      this.#tellIdle();
      await this.#engine?.unload();
      this.#set({ state: 'profiling', model: { id, name, contextTokens: 0 }, progress: 0 });
      const { source, close } = await this.#shelf.open(id);
      const onProgress = (fraction: number): void => this.#progress(fraction);
      const measured = profiler.profile(source, { past, onProgress, signal }).finally(close);
      return { model: { id, name }, ...(await measured) };
    } finally {
      profiler.close();
      this.#loaded = undefined;
      this.#set({ state: 'idle' });
      this.#endWaiting();
    }
  }

  async #loadNow(engine: Engine, model: ModelToLoad, signal: AbortSignal): Promise<void> {
    const { id, name } = model;
    this.#endRecovery();
    this.#loaded = undefined;
    this.#set({ state: 'loading', model: { id, name, contextTokens: 0 }, progress: 0 });
    const onProgress = (fraction: number): void => this.#progress(fraction);
    const notes = await loadInto(engine, model, { shelf: this.#shelf, onProgress, signal });
    const info = engine.info();
    if (!info || this.#engine !== engine) throw new LocalLLMError('device-lost', 'The GPU was lost. Try again.');
    this.#loaded = model;
    this.#set((this.#ready = withNotice(readyStatus({ id, name }, info), notes)));
    const { contextTokens } = info;
    const told = this.#told;
    this.#told = { id, contextTokens };
    if (told && (told.id !== id || told.contextTokens !== contextTokens)) this.onModel(contextTokens);
  }

  /** Other adapters for what is loaded. */
  async #adapt(loaded: ModelToLoad, model: ModelToLoad, signal: AbortSignal): Promise<void> {
    if (sameAdapters(loaded, model)) return;
    await this.#untilFree(model, signal);
    const engine = this.#engine;
    if (!engine) throw new LocalLLMError('device-lost', 'The GPU was lost. Try again.');
    if (!this.#loaded) return this.#loadNow(engine, model, signal); // hurried: the answers ended with it
    const notes = await attachAdapters(engine, model);
    const info = engine.info();
    this.#loaded = model;
    if (info) this.#ready = withNotice(readyStatus(model, info), notes);
    if (info && !this.#recovery) this.#set(this.#ready);
  }

  async #download({ id, name }: Pick<ModelToLoad, 'id' | 'name'>, signal: AbortSignal): Promise<void> {
    if (await this.#shelf.isCurrent(id)) return;
    const plan = await this.#shelf.plan(id, signal);
    this.#set({ state: 'downloading', model: { id, name, contextTokens: 0 }, progress: 0 });
    const onProgress = (bytes: number, total: number | undefined): void => {
      if (total !== undefined) this.#progress(bytes / total);
    };
    await (await this.#shelf.store()).ensure(plan, { onProgress, signal });
  }

  /** Lets what runs come to its end, and nothing new begin. */
  async #untilFree({ id, name }: ModelToLoad, signal: AbortSignal): Promise<void> {
    this.#waiting = new WaitingPeriod(name, this.#loaded?.id === id, () => this.onChange());
    this.onIdle(false);
    if (this.#users.count === 0) return;
    this.onChange();
    await untilAborted(this.#users.whenFree(), signal);
  }

  #endWaiting(): void {
    if (!this.#waiting) return;
    this.#waiting.end();
    this.#waiting = undefined;
    this.onChange();
    this.#tellIdle();
  }

  #tellIdle(): void {
    this.onIdle(this.isUsable && !this.#recovery && this.#users.count === 0);
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
      if (this.#loaded) this.#fail(error);
      this.#loaded = undefined;
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
      this.#endRecovery();
      return this.#tellIdle();
    }
    if (this.#status.state !== 'ready' || progress === undefined) return;
    this.#recovery = new RecoveryPeriod(this.#ready);
    this.onIdle(false);
    this.#set(this.#recovery.status);
  }

  #endRecovery(error?: LocalLLMError): void {
    const recovery = this.#recovery;
    this.#recovery = undefined;
    recovery?.end(error);
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
