/**
 * The engine: one GPU, one model, any number of requests.
 *
 * @module
 */
import type { ModelSource } from '../gguf/split.ts';
import { Gpu } from '../gpu/gpu.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { GenerateParams, GenerateResult, Input, Measure, Usage } from '../protocol/messages.ts';
import type { Engine, EngineInfo, GenerateRequest, LoadOptions } from './engine.ts';
import { Job } from './job.ts';
import { type LoadedModel, loadModel } from './load-model.ts';
import { promptTokens } from './prompt.ts';
import { samplingParams } from './sampler.ts';
import { Scheduler } from './scheduler.ts';

/**
 * Opens the GPU. `gpu` defaults to `navigator.gpu`; in Node, pass Dawn's.
 * @throws LocalLLMError no-webgpu, no-adapter
 */
export async function createEngine(options: { gpu?: GPU } = {}): Promise<Engine> {
  return new GpuEngine(await Gpu.open(options.gpu));
}

class GpuEngine implements Engine {
  onLost: ((message: string) => void) | undefined;
  readonly #gpu: Gpu;
  #current: { model: LoadedModel; scheduler: Scheduler } | undefined;
  #lost: LocalLLMError | undefined;
  /** Loads and unloads, one after another. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    void gpu.device.lost.then(({ reason, message }) => {
      if (reason === 'destroyed') return;
      this.#lost = new LocalLLMError(
        'device-lost',
        `The GPU was lost (${message || reason}). Start the engine again; if it happens again, choose a smaller model.`,
      );
      this.#current?.scheduler.close(this.#lost);
      this.#current = undefined;
      this.onLost?.(this.#lost.message);
    });
  }

  load(source: ModelSource, options: LoadOptions = {}): Promise<void> {
    return this.#enqueue(async () => {
      await this.#unloadNow();
      this.#throwIfLost();
      const model = await loadModel(this.#gpu, source, options);
      this.#throwIfLost();
      this.#current = { model, scheduler: new Scheduler(model) };
    });
  }

  async generate(request: GenerateRequest): Promise<GenerateResult> {
    this.#throwIfLost();
    if (!this.#current) throw new LocalLLMError('invalid-state', 'No model is loaded: load one first.');
    if (request.signal.aborted) throw new LocalLLMError('aborted', 'The request was cancelled.');
    const { model, scheduler } = this.#current;
    const { tokenizer, template, contextTokens } = model;
    const sampling = samplingParams(request.options, model.sampling);
    const tokens = promptTokens(tokenizer, template, request.input, request.options);
    const room = contextTokens - tokens.length;
    if (room < 1) {
      throw new LocalLLMError(
        'quota',
        `The prompt has ${tokens.length} tokens; this model's context holds ${contextTokens} and the answer needs at least one. Shorten the prompt or start a new chat.`,
        { details: { requested: tokens.length + 1, quota: contextTokens } },
      );
    }
    const maxTokens = Math.min(request.options.maxTokens ?? room, room);
    return scheduler.run(new Job({ request, tokens, sampling, tokenizer, maxTokens }));
  }

  measure(input: Input, options: GenerateParams): Measure {
    this.#throwIfLost();
    if (!this.#current) throw new LocalLLMError('invalid-state', 'No model is loaded: load one first.');
    const { tokenizer, template, contextTokens } = this.#current.model;
    return { tokens: promptTokens(tokenizer, template, input, options).length, contextTokens };
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
    const { model, scheduler } = this.#current;
    return {
      adapter: this.#gpu.adapterName,
      contextTokens: model.contextTokens,
      gpuBytes: this.#gpu.allocatedBytes,
      running: scheduler.running,
      waiting: scheduler.waiting,
    };
  }

  unload(): Promise<void> {
    return this.#enqueue(() => this.#unloadNow());
  }

  #throwIfLost(): void {
    const lost: LocalLLMError | undefined = this.#lost;
    if (lost) throw lost;
  }

  async #unloadNow(): Promise<void> {
    if (!this.#current) return;
    const { model, scheduler } = this.#current;
    this.#current = undefined;
    scheduler.close(new LocalLLMError('aborted', 'The model was unloaded.'));
    await scheduler.idle();
    model.release();
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => {}); // the caller has the error
    return run;
  }
}
