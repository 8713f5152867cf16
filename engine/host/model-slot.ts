/**
 * Which model the host serves: the one that all share, or one that was asked for by name; loaded on first need, exchanged for another one
 * when what runs is done.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { Availability } from '../protocol/messages.ts';
import type { ModelInfo, ModelSettings } from '../protocol/models.ts';
import type { EngineProfile } from '../protocol/profile.ts';
import type { Engine } from '../runtime/engine.ts';
import { untilAborted } from './abort.ts';
import { Downloads } from './downloads.ts';
import { EngineSeat, type EngineSeatOptions } from './engine-seat.ts';
import { ModelFacts, type ModelFactsOptions } from './model-facts.ts';
import { checkSettings, type ModelToLoad, prepareModel, refuseAdapter } from './model-load.ts';
import { isNeeded, removeModel } from './model-removal.ts';
import { ModelShelf, type ModelShelfOptions } from './model-shelf.ts';
import type { ModelStatus } from './model-status.ts';
import { SpeedCheck, type SpeedCheckOptions } from './speed-check.ts';

export interface ModelSlotOptions extends ModelShelfOptions, ModelFactsOptions, EngineSeatOptions, SpeedCheckOptions {
  /** Whether this browser has a GPU that an engine can use. Asks nothing of the GPU's memory. */
  hasGpu(): Promise<boolean>;
}

/** A load under way, and those who wait for it. */
interface Loading {
  /** Undefined until it is known which one all share. */
  id: string | undefined;
  done: Promise<void>;
  stop: AbortController;
  waiting: number;
  /** Asked for by a person: goes on even when nobody waits any more. */
  pinned: boolean;
  /** What is chosen again when it fails; undefined: what is chosen now stays. */
  before: { chosen: string | undefined } | undefined;
}

/** Failures that trying again cannot mend on this device. */
const HOPELESS = new Set(['no-webgpu', 'no-adapter', 'not-supported', 'out-of-memory']);

export class ModelSlot {
  readonly #options: ModelSlotOptions;
  readonly shelf: ModelShelf;
  readonly downloads: Downloads;
  readonly facts: ModelFacts;
  readonly #seat: EngineSeat;
  readonly #speedCheck: SpeedCheck;
  #loading: Loading | undefined;
  /** Asked for by name, without becoming the one that all share; until the worker ends. */
  #chosen: string | undefined;
  /** Loads, unloads and deletions, one after another. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: ModelSlotOptions) {
    this.#options = options;
    this.shelf = new ModelShelf(options);
    this.downloads = new Downloads(this.shelf);
    this.facts = new ModelFacts(this.shelf, options, () => this.#seat.onChange());
    this.#seat = new EngineSeat(options, this.shelf);
    this.#speedCheck = new SpeedCheck(this.#seat, this.shelf.preferences, options);
    this.#seat.onIdle = (idle) => this.#speedCheck.idle(idle);
  }

  /** Called at every change of the status. */
  set onChange(listener: () => void) {
    this.#seat.onChange = listener;
  }

  /** Called when another model answers than before, or the same one with another context. */
  set onModel(listener: (contextTokens: number) => void) {
    this.#seat.onModel = listener;
  }

  status(): ModelStatus {
    return this.#seat.status();
  }

  /** Requests that the engine runs and holds back now. */
  counts(): { running: number; waiting: number } {
    return this.#seat.counts();
  }

  /**
   * Work on an engine with the chosen model loaded; it stays until the work is done. Leaving by `signal` ends a load that nobody else
   * waits for.
   */
  async use<T>(signal: AbortSignal, work: (engine: Engine, settings: ModelSettings) => Promise<T>): Promise<T> {
    for (;;) {
      const { loaded } = this.#seat;
      if (loaded && this.#seat.isUsable) return this.#seat.use((engine) => work(engine, loaded.settings));
      const loading = this.#underWay() ?? this.#start(undefined);
      try {
        await this.#join(loading, signal);
      } catch (error) {
        // Another model was asked for meanwhile, or the new one failed and the one before is back: that one answers.
        const another = this.#underWay() !== undefined || (loading.before && !loading.stop.signal.aborted);
        if (!another || signal.aborted) throw error;
      }
    }
  }

  /** Downloads (once) and loads a model by name; no id: the chosen one. Goes on when the asker leaves. */
  async load(id: string | undefined, signal: AbortSignal): Promise<void> {
    if (id !== undefined) return this.#switchTo(id, signal);
    const { recovery } = this.#seat;
    if (recovery) return untilAborted(recovery, signal);
    if (this.#seat.isUsable) return;
    const loading = this.#underWay() ?? this.#start(undefined);
    loading.pinned = true;
    await this.#joinLast(loading, signal);
  }

  /**
   * All share this model from now on. In the place of one that is loaded it is loaded at once; where that fails, the one before stays.
   * @throws LocalLLMError bad-argument (unknown, an adapter, not stored), and what loading throws
   */
  async setDefault(id: string, signal: AbortSignal): Promise<void> {
    const { name } = await this.shelf.entry(id);
    if (!this.shelf.isEmbedded(id) && !(await this.shelf.isStored(id))) {
      throw new LocalLLMError('bad-argument', `${name} is not stored yet. Download it first.`);
    }
    const done = this.#setDefaultNow(id);
    done.catch(() => {}); // for whoever still waits
    await untilAborted(done, signal);
  }

  async #setDefaultNow(id: string): Promise<void> {
    await refuseAdapter(id, this.facts);
    const never = new AbortController().signal;
    // Only one that runs here becomes the default: a page that it ends must not begin with it again.
    if (this.#seat.loaded || this.#underWay()) await this.#switchTo(id, never);
    await this.shelf.preferences.setDefault(id);
    this.#seat.forgetFailure();
    if (this.#chosen === id || !this.#underWay()) this.#chosen = undefined;
    this.#seat.onChange();
  }

  /** What a person sets for a model. The loaded one takes it on when what runs is done. @throws LocalLLMError bad-argument */
  async configure(id: string, settings: ModelSettings): Promise<void> {
    await checkSettings(id, settings, this);
    await this.shelf.preferences.configure(id, settings);
    await this.#takeOn(id, settings);
  }

  /** Stops a load and frees the GPU. */
  async unload(): Promise<void> {
    this.#loading?.stop.abort();
    await this.#enqueue(() => this.#seat.unload());
  }

  /**
   * Profiles the chosen model in the place of the engine; a model that was loaded is loaded again afterwards.
   * @throws LocalLLMError not-supported (no timestamps), invalid-state (answers are being written), and whatever loading throws
   */
  profile(past: number, signal: AbortSignal): Promise<EngineProfile> {
    const done = this.#enqueue(async () => {
      this.#speedCheck.idle(false);
      const again = this.#seat.loaded?.id;
      try {
        return await this.#seat.profile(await this.#prepare(again), past, signal);
      } finally {
        if (again !== undefined && !this.#seat.loaded && !this.#underWay()) this.#start(again).pinned = true;
      }
    });
    return untilAborted(done, signal);
  }

  async availability(): Promise<Availability> {
    const { state, error, model } = this.#seat.status();
    if (this.#seat.loaded || state === 'loading' || state === 'profiling') return 'available';
    if (state === 'downloading') return 'downloading';
    const wanted = await this.#wanted();
    // One that could not take the place of the wanted one says nothing of it.
    if (error && HOPELESS.has(error.code) && (model === undefined || model.id === wanted)) return 'unavailable';
    if (!(await this.#options.hasGpu())) return 'unavailable';
    return (await this.shelf.isStored(wanted)) ? 'available' : 'downloadable';
  }

  async list(): Promise<ModelInfo[]> {
    const { errors } = this.downloads;
    const adapter = this.#seat.engine?.info()?.adapter;
    return this.facts.add(await this.shelf.list({ status: this.#seat.status(), errors, adapter }));
  }

  /** Deletes a stored model, or what there is of one, and what was set for it. */
  async delete(id: string): Promise<void> {
    await this.shelf.entry(id);
    if (this.#loading?.id === id) this.#loading.stop.abort();
    const room = { shelf: this.shelf, seat: this.#seat };
    const loading = this.#loading && (this.#loading.id ?? (await this.#wanted()));
    const remove = () => removeModel(id, room);
    await ((await isNeeded(id, loading, room)) ? this.#enqueue(remove) : remove());
    this.downloads.forget(id);
    if (this.#chosen === id) this.#chosen = undefined;
    const { loaded } = this.#seat;
    if (loaded) await this.#takeOn(loaded.id, await this.shelf.preferences.settingsOf(loaded.id));
    this.#seat.onChange();
  }

  /** The load that goes on; one that was stopped only runs out. */
  #underWay(): Loading | undefined {
    return this.#loading?.stop.signal.aborted ? undefined : this.#loading;
  }

  /** The model that requests are for. */
  async #wanted(): Promise<string> {
    return this.#chosen ?? (await this.shelf.defaultId());
  }

  /** One way for all who name a model: it is chosen, and loaded in the place of another one. Where that fails, the one before is. */
  async #switchTo(id: string, signal: AbortSignal): Promise<void> {
    await this.shelf.entry(id);
    await refuseAdapter(id, this.facts);
    const current = this.#underWay();
    const before = current?.before ?? { chosen: this.#chosen };
    this.#chosen = id;
    if (!current && this.#seat.loaded?.id === id) {
      const { recovery } = this.#seat;
      return recovery && untilAborted(recovery, signal);
    }
    const again = current?.id === id;
    if (again) this.#seat.hurry();
    const loading = again ? current : this.#start(id, before);
    loading.pinned = true;
    await this.#joinLast(loading, signal);
  }

  /** Makes the loaded model what it is set to be. */
  async #takeOn(id: string, settings: ModelSettings): Promise<void> {
    if (this.#seat.loaded?.id === id) this.#seat.setSampling(settings.sampling);
    if ((this.#underWay() ?? this.#seat.loaded)?.id !== id) return;
    const loading = this.#start(id, this.#underWay()?.before);
    loading.pinned = true;
    loading.done.catch(() => {}); // the status tells
  }

  async #join(loading: Loading, signal: AbortSignal): Promise<void> {
    loading.waiting++;
    try {
      await untilAborted(loading.done, signal);
    } finally {
      loading.waiting--;
      if (loading.waiting === 0 && !loading.pinned) loading.stop.abort();
    }
  }

  /** Other settings meanwhile, say, begin the load of the same model anew: then that one counts. */
  async #joinLast(loading: Loading, signal: AbortSignal): Promise<void> {
    try {
      await this.#join(loading, signal);
    } catch (error) {
      const next = this.#underWay();
      const replaced = loading.stop.signal.aborted && next !== undefined && next.id === loading.id;
      if (!replaced || signal.aborted) throw error;
      await this.#joinLast(next, signal);
    }
  }

  /** @param before what is chosen again when it fails */
  #start(id: string | undefined, before?: Loading['before']): Loading {
    this.#loading?.stop.abort();
    const stop = new AbortController();
    const done = this.#enqueue(() =>
      this.#seat.load(async () => {
        const model = await this.#prepare(id);
        loading.id = model.id;
        return model;
      }, stop.signal),
    );
    const loading: Loading = { id, done, stop, waiting: 0, pinned: false, before };
    this.#loading = loading;
    const forget = (): void => {
      if (this.#loading === loading) this.#loading = undefined;
    };
    done.then(forget, () => {
      forget();
      const goesOn = this.#underWay()?.before === before; // with the load that took this one's place
      if (before && this.#chosen === id && !goesOn) this.#chosen = before.chosen;
    });
    return loading;
  }

  async #prepare(id: string | undefined): Promise<ModelToLoad> {
    const wanted = id ?? (await this.#wanted());
    const { errors } = this.downloads;
    await this.facts.check(async () => {
      const models = await this.shelf.list({ status: this.#seat.status(), errors, adapter: undefined });
      return models.find(({ id: listed }) => listed === wanted);
    });
    return prepareModel(wanted, await this.shelf.preferences.settingsOf(wanted), this);
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {}); // belongs to whoever asked for it
    return done;
  }
}
