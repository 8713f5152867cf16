/**
 * wllama, llama.cpp compiled for browsers, from its npm package on the server.
 *
 * @module
 */
import type { Measured } from '../measured.ts';

interface Chunk {
  timings?: { prompt_n?: number };
}
/** What is used of the package, whose types are not at hand. */
interface Wllama {
  loadModel(files: Blob[], options: object): Promise<void>;
  createCompletion(options: Record<string, unknown>): Promise<unknown>;
  exit(): Promise<void>;
}
interface Package {
  Wllama: new (paths: Record<string, string>, options: object) => Wllama;
}

export interface WllamaPeer {
  measure(prompt: string, tokens: number): Promise<Measured>;
  close(): Promise<void>;
}

const BATCH = 512;

export interface WllamaOptions {
  /** Where the package lies on the server. */
  folder: string;
  /** The model. */
  url: string;
  contextTokens: number;
  /** Tokens that it must not write: version 3.8.1 fails at those that are no whole characters, which random weights do choose. */
  avoid: readonly number[];
}

/** All layers on the GPU, where it finds one that it can use. */
export async function openWllama({ folder, url, contextTokens, avoid }: WllamaOptions): Promise<WllamaPeer> {
  const { Wllama } = (await import(/* @vite-ignore */ `${folder}/esm/index.js`)) as Package;
  const wllama = new Wllama({ default: `${folder}/esm/wasm/wllama.wasm` }, { suppressNativeLog: false });
  const file = await (await fetch(url)).blob();
  await wllama.loadModel([file], {
    n_ctx: contextTokens,
    n_batch: BATCH,
    n_ubatch: BATCH,
    n_parallel: 1,
    n_gpu_layers: 999,
    warmup: false,
  });
  const bias = Object.fromEntries(avoid.map((id) => [id, -100]));
  return {
    async measure(prompt, tokens) {
      const times: number[] = [];
      let promptTokens = 0;
      const start = performance.now();
      await wllama.createCompletion({
        prompt,
        max_tokens: tokens,
        temperature: 0,
        ignore_eos: true,
        logit_bias: bias,
        cache_prompt: false,
        stream: true,
        onData({ timings }: Chunk) {
          times.push(performance.now());
          promptTokens = timings?.prompt_n ?? promptTokens;
        },
      });
      const [first = performance.now()] = times;
      const seconds = (times.at(-1)! - first) / 1000;
      return {
        promptTokens,
        firstTokenMs: first - start,
        decodeTokensPerSecond: tokens > 1 ? (tokens - 1) / seconds : 0,
      };
    },
    close: () => wllama.exit(),
  };
}
