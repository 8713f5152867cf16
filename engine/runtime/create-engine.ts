/**
 * The engine: one GPU, one model, any number of requests. A GPU that is lost is opened again, once in a while.
 *
 * @module
 */
import type { ModelSource } from '../gguf/split.ts';
import { Gpu } from '../gpu/gpu.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { GenerateParams, GenerateResult, Input, Measure, Usage } from '../protocol/messages.ts';
import type { AdapterSource, Engine, EngineInfo, GenerateRequest, LoadOptions, Shapes } from './engine.ts';
import { Job } from './job.ts';
import { type LoadedModel, loadModel } from './load-model.ts';
import { encodePrompt } from './prompt.ts';
import { holdAnswer } from './rules.ts';
import { notBack, Recovery, reopenGpu } from './recovery.ts';
import { samplingParams } from './sampler.ts';
import { Scheduler } from './scheduler.ts';

/** A GPU that is lost twice within this time is given up. */
const LOST_AGAIN_MS = 60_000;

/** How long after its work fails a device may be reported lost. */
const LOST_LATE_MS = 50;

/**
 * Opens the GPU. `gpu` defaults to `navigator.gpu`; in Node, pass Dawn's.
 * @throws LocalLLMError no-webgpu, no-adapter
 */
export async function createEngine(options: { gpu?: GPU } = {}): Promise<Engine> {
  return new GpuEngine(options.gpu, await Gpu.open(options.gpu));
}

interface Current {
  gpu: Gpu;
  model: LoadedModel;
  scheduler: Scheduler;
  options: LoadOptions;
}

class GpuEngine implements Engine {
  onRecovery: Engine['onRecovery'];
  onLost: Engine['onLost'];
  readonly #webgpu: GPU | undefined;
  /** Undefined after it was lost. */
  #gpu: Gpu | undefined;
  /** While {@link Recovery} goes on: the model as it was, for its tokenizer. */
  #current: Current | undefined;
  #recovery: Recovery | undefined;
  #lostAtMs = -Infinity;
  #lostForGood: LocalLLMError | undefined;
  /** Loads and unloads, one after another. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Ends what {@link tune} does. */
  #tuning: AbortController | undefined;

  constructor(webgpu: GPU | undefined, gpu: Gpu) {
    this.#webgpu = webgpu;
    this.#use(gpu);
  }

  load(source: ModelSource, options: LoadOptions = {}): Promise<void> {
    this.#endRecovery(new LocalLLMError('aborted', 'Another model is loaded.'));
    return this.#enqueue(async () => {
      await this.#unloadNow();
      this.#throwIfLost();
      try {
        this.#current = await this.#loadNow(source, options);
      } catch (error) {
        // The source is still open: a GPU that went away meanwhile costs only time.
        if (this.#gpu || this.#lostForGood || options.signal?.aborted) throw error;
        this.#current = await this.#loadNow(source, options);
      }
    });
  }

  async generate(request: GenerateRequest): Promise<GenerateResult> {
    const { model } = this.#loaded();
    if (request.signal.aborted) throw new LocalLLMError('aborted', 'The request was cancelled.');
    const { tokenizer, template, contextTokens } = model;
    const sampling = samplingParams(request.options, model.sampling);
    const { tokens, begun } = encodePrompt(tokenizer, template, request.input, request.options);
    const room = contextTokens - tokens.length;
    if (room < 1) {
      throw new LocalLLMError(
        'quota',
        `The prompt has ${tokens.length} tokens; this model's context holds ${contextTokens} and the answer needs at least one. Shorten the prompt or start a new chat.`,
        { details: { requested: tokens.length + 1, quota: contextTokens } },
      );
    }
    const maxTokens = Math.min(request.options.maxTokens ?? room, room);
    const held = maxTokens === 0 ? {} : await holdAnswer(model, request);
    return this.#run(new Job({ request, tokens, begun, sampling, tokenizer, maxTokens, ...held }), model);
  }

  /** @param model what the job was made for: another one may have taken its place meanwhile */
  #run(job: Job, { grammars }: LoadedModel): Promise<GenerateResult> {
    if (job.signal.aborted) job.fail(new LocalLLMError('aborted', 'The request was cancelled.'));
    else if (this.#current?.model.grammars !== grammars) {
      job.fail(this.#lostForGood ?? new LocalLLMError('aborted', 'The model was unloaded.'));
    } else if (this.#recovery) this.#recovery.hold(job);
    else void this.#current.scheduler.run(job);
    return job.result;
  }

  measure(input: Input, options: GenerateParams): Measure {
    const { tokenizer, template, contextTokens } = this.#loaded().model;
    return { tokens: encodePrompt(tokenizer, template, input, options).tokens.length, contextTokens };
  }

  async prefill(request: Omit<GenerateRequest, 'onDelta'>): Promise<Usage> {
    const { input, options, owner, signal } = request;
    const { usage } = await this.generate({
      input,
      options: { ...options, maxTokens: 0 },
      owner,
      get priority() {
        return request.priority;
      },
      signal,
      onDelta: () => {},
    });
    return usage;
  }

  info(): EngineInfo | undefined {
    if (!this.#current) return undefined;
    const { gpu, model, scheduler } = this.#current;
    return {
      adapter: gpu.adapterName,
      contextTokens: model.contextTokens,
      wantedContextTokens: model.wantedContextTokens,
      gpuBytes: gpu.allocatedBytes,
      running: scheduler.running,
      waiting: this.#recovery?.waiting ?? scheduler.waiting,
    };
  }

  adapt(adapters: readonly AdapterSource[]): Promise<void> {
    return this.#enqueue(async () => {
      const current = this.#loaded();
      const { gpu, model, scheduler } = current;
      const adapting = async (): Promise<void> => {
        const adaptation = await model.adapt(adapters);
        await scheduler.renew(adaptation.use).catch((error: unknown) => {
          adaptation.discard();
          throw error;
        });
      };
      await adapting().catch((error: unknown) => this.#failed(gpu, 'adapters were attached', error));
      current.options = { ...current.options, adapters };
    });
  }

  async tune(signal: AbortSignal): Promise<Shapes> {
    const stop = new AbortController();
    let found: Shapes = {};
    const tuned = this.#enqueue(async () => {
      const current = this.#loaded();
      const { gpu, model, scheduler } = current;
      const exclusively = <T>(work: () => Promise<T>) => scheduler.exclusively(work);
      await model.forward
        .searchShapes({ exclusively, signal: AbortSignal.any([signal, stop.signal]) })
        .catch((error: unknown) => this.#failed(gpu, 'its kernels were measured', error));
      found = Object.fromEntries(gpu.shapes);
      current.options = { ...current.options, shapes: () => found };
    });
    this.#tuning = stop;
    await tuned;
    return found;
  }

  unload(): Promise<void> {
    this.#endRecovery(new LocalLLMError('aborted', 'The model was unloaded.'));
    return this.#enqueue(() => this.#unloadNow());
  }

  #use(gpu: Gpu): Gpu {
    this.#gpu = gpu;
    void gpu.device.lost.then(({ reason, message }) => {
      if (reason !== 'destroyed') this.#lose(gpu, message || reason);
    });
    return gpu;
  }

  /** The GPU went away: it is opened again and everything goes on, unless that happens again and again. */
  #lose(gpu: Gpu, reason: string): void {
    if (gpu !== this.#gpu) return;
    this.#gpu = undefined;
    gpu.device.destroy();
    const again = performance.now() - this.#lostAtMs < LOST_AGAIN_MS;
    this.#lostAtMs = performance.now();
    const error = new LocalLLMError(
      'device-lost',
      again
        ? `The GPU was lost twice within a minute (${reason}). The model may be too large for it: choose a shorter context or a smaller model, and close other tabs that use the GPU.`
        : `The GPU was lost (${reason}). Load the model again.`,
    );
    if (again || this.#recovery) return this.#giveUp(error);
    const current = this.#current;
    if (!current) return; // a load under way begins anew, the next one opens the GPU
    if (!current.options.reopen) return this.#giveUp(error);
    const recovery = new Recovery(current.scheduler.detach(error));
    this.#recovery = recovery;
    void this.#enqueue(() => this.#recover(current, recovery)).catch((cause: unknown) => {
      if (this.#recovery === recovery) this.#giveUp(notBack(LocalLLMError.from(cause), reason));
    });
    this.onRecovery?.(0);
  }

  async #recover({ model, options }: Current, recovery: Recovery): Promise<void> {
    if (this.#recovery !== recovery) return; // unloaded meanwhile
    this.#use(await reopenGpu(this.#webgpu, recovery.signal));
    const opened = await options.reopen!();
    const { contextTokens } = model; // what runs may need all of it
    const { signal } = recovery;
    const onProgress = (fraction: number) => this.onRecovery?.(fraction);
    const again = { ...options, contextTokens, minContextTokens: contextTokens, onProgress, signal };
    const loading = this.#loadNow(opened.source, again).finally(() => opened.close());
    const loaded = await loading;
    if (this.#recovery !== recovery) return loaded.model.release();
    loaded.model.wantedContextTokens = model.wantedContextTokens;
    loaded.model.grammars = model.grammars; // what runs is held to them
    this.#current = { ...loaded, options };
    this.#recovery = undefined;
    recovery.release(loaded.scheduler);
    this.onRecovery?.(undefined);
  }

  async #loadNow(source: ModelSource, options: LoadOptions): Promise<Current> {
    const never = new AbortController().signal;
    const gpu = this.#gpu ?? this.#use(await reopenGpu(this.#webgpu, options.signal ?? never));
    for (const [key, shape] of Object.entries(options.shapes?.(gpu.adapterName) ?? {})) gpu.shapes.set(key, shape);
    const model = await loadModel(gpu, source, options).catch(async (error: unknown) => {
      await Promise.race([gpu.device.lost, moment()]); // work fails a little before its device is said to be lost
      throw error;
    });
    this.#throwIfLost();
    if (this.#gpu !== gpu) throw new LocalLLMError('device-lost', 'The GPU was lost while the model was loading.');
    const scheduler = new Scheduler(model);
    scheduler.onLost = ({ message }) => this.#lose(gpu, message);
    return { gpu, model, scheduler, options };
  }

  /** Why work on the loaded model failed: it does so a little before its device is said to be lost. */
  async #failed(gpu: Gpu, meanwhile: string, error: unknown): Promise<never> {
    await Promise.race([gpu.device.lost, moment()]);
    if (this.#gpu === gpu) throw error;
    const message = `The GPU was lost while ${meanwhile}. Try again.`;
    throw new LocalLLMError('device-lost', message, { cause: error });
  }

  #giveUp(error: LocalLLMError): void {
    this.#lostForGood = error;
    this.#endRecovery(error);
    this.#current?.scheduler.close(error);
    this.#current?.model.grammars.close(error);
    this.#current = undefined;
    this.onLost?.(error);
  }

  #endRecovery(error: LocalLLMError): void {
    const recovery = this.#recovery;
    this.#recovery = undefined;
    recovery?.end(error);
  }

  /** @throws LocalLLMError device-lost, invalid-state */
  #loaded(): Current {
    this.#throwIfLost();
    if (!this.#current) throw new LocalLLMError('invalid-state', 'No model is loaded: load one first.');
    return this.#current;
  }

  #throwIfLost(): void {
    const lost: LocalLLMError | undefined = this.#lostForGood;
    if (lost) throw lost;
  }

  async #unloadNow(): Promise<void> {
    const unloaded = new LocalLLMError('aborted', 'The model was unloaded.');
    this.#endRecovery(unloaded);
    if (!this.#current) return;
    const { model, scheduler } = this.#current;
    this.#current = undefined;
    scheduler.close(unloaded);
    model.grammars.close(unloaded);
    await scheduler.idle();
    model.release();
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#tuning?.abort(); // that can wait
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => {}); // the caller has the error
    return run;
  }
}

const moment = () => new Promise((resolve) => setTimeout(resolve, LOST_LATE_MS));
