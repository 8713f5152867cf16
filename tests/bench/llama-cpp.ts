/**
 * llama.cpp through node-llama-cpp, in a process of its own: two engines in one would share a GPU driver's state.
 * Talks by messages: `open`, then any number of `measure`.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import { getLlama, type Llama, type LlamaContext, type LlamaContextSequence, LlamaLogLevel } from 'node-llama-cpp';
import type { Measured } from './measured.ts';

export type LlamaRequest =
  | { do: 'open'; path: string; contextTokens: number; gpu: 'vulkan' | 'cuda' | 'none' }
  | { do: 'measure'; promptTokens: number; tokens: number };
export type LlamaReply =
  | { opened: { name: string; on: string; loadMs: number } }
  | { measured: Measured }
  | { error: string };

/** Straight to llama_decode: the public interface copies and sorts all logits of each token. */
interface RawContext {
  initBatch(tokens: number): void;
  addToBatch(sequence: number, first: number, tokens: Uint32Array, logitsOf: Uint32Array): unknown;
  decodeBatch(): Promise<void>;
  disposeSequence(sequence: number): void;
}

const BATCH = 512;
/** The logger's lines come a little after what they tell of. */
const LOG_MS = 1000;

class LlamaCpp {
  #context!: LlamaContext;
  #sequence!: LlamaContextSequence;
  #vocab = 0;
  #position = 0;
  #seed = 1;
  readonly #log: string[] = [];

  async open({ path, contextTokens, gpu }: Extract<LlamaRequest, { do: 'open' }>) {
    const start = performance.now();
    const llama = await openLlama(gpu, (line) => void this.#log.push(line));
    const model = await llama.loadModel({
      modelPath: path,
      gpuLayers: llama.gpu ? 'max' : 0,
      ignoreMemorySafetyChecks: true,
    });
    const loadMs = performance.now() - start;
    this.#vocab = (model.fileInfo.metadata.tokenizer.ggml.tokens as unknown[]).length;
    this.#context = await model.createContext({
      contextSize: contextTokens,
      batchSize: BATCH,
      flashAttention: 'auto',
      performanceTracking: true,
      // On a GPU more would only be started and stopped for each token; on the CPU one core is left to the binding.
      threads: llama.gpu ? 1 : Math.max(1, availableParallelism() - 1),
      ignoreMemorySafetyChecks: true,
    });
    this.#sequence = this.#context.getSequence();
    const devices = llama.gpu ? await llama.getGpuDeviceNames() : [];
    const used = devices.length > 0 && model.gpuLayers > 0;
    const on = used ? `${String(llama.gpu)}: ${devices.join(', ')}` : 'the CPU';
    return { name: 'llama.cpp', on, loadMs };
  }

  async measure({ promptTokens, tokens }: Extract<LlamaRequest, { do: 'measure' }>): Promise<Measured> {
    this.#raw.disposeSequence(this.#id);
    this.#position = 0;
    await this.#timings();
    for (let at = 0; at < promptTokens; at += BATCH) {
      await this.#decode(Math.min(BATCH, promptTokens - at), at + BATCH >= promptTokens);
    }
    for (let i = 1; i < tokens; i++) await this.#decode(1, true);
    const { promptMs, tokenMs } = await this.#timings();
    return { promptTokens, firstTokenMs: promptMs, decodeTokensPerSecond: tokens > 1 ? 1000 / tokenMs : 0 };
  }

  /** llama.cpp's own times since the last call: what the binding spends around it does not count against it. */
  async #timings(): Promise<{ promptMs: number; tokenMs: number }> {
    this.#log.length = 0;
    await this.#context.printTimings();
    const deadline = performance.now() + LOG_MS;
    while (!/total time/.test(this.#log.join('')) && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const text = this.#log.join('\n');
    const [, promptMs] = /prompt eval time\s*=\s*([\d.]+) ms/.exec(text) ?? [];
    const [, evalMs, runs] = /[^t] eval time\s*=\s*([\d.]+) ms \/\s*(\d+) runs/.exec(text) ?? [];
    if (promptMs === undefined) throw new Error('llama.cpp told no times.');
    return { promptMs: Number(promptMs), tokenMs: Number(evalMs) / Number(runs) };
  }

  get #raw(): RawContext {
    const raw = Reflect.get(this.#context, '_ctx') as RawContext | undefined;
    if (!raw?.decodeBatch) throw new Error('This version of node-llama-cpp is another inside: use 3.22.');
    return raw;
  }
  get #id(): number {
    return Reflect.get(this.#sequence, '_sequenceId') as number;
  }

  async #decode(count: number, logits: boolean): Promise<void> {
    const ids = Uint32Array.from({ length: count }, () => {
      this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
      return (this.#seed >>> 8) % this.#vocab;
    });
    this.#raw.initBatch(count);
    this.#raw.addToBatch(this.#id, this.#position, ids, logits ? Uint32Array.of(count - 1) : new Uint32Array(0));
    await this.#raw.decodeBatch();
    this.#position += count;
  }
}

function openLlama(gpu: 'vulkan' | 'cuda' | 'none', log: (line: string) => void): Promise<Llama> {
  const open = (backend: 'vulkan' | 'cuda' | false) =>
    getLlama({
      gpu: backend,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.info,
      logger: (_level, line) => log(line),
    });
  // Where there is no such driver the comparison is with the CPU, and says so.
  return gpu === 'none' ? open(false) : open(gpu).catch(() => open(false));
}

const peer = new LlamaCpp();
const reply = (message: LlamaReply) => process.send?.(message);
process.on('message', (request: LlamaRequest) => {
  const work = async (): Promise<LlamaReply> =>
    request.do === 'open' ? { opened: await peer.open(request) } : { measured: await peer.measure(request) };
  work().then(reply, (error: unknown) => reply({ error: String(error) }));
});
process.on('disconnect', () => process.exit(0));
