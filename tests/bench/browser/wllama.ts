/**
 * wllama, llama.cpp compiled for browsers, from its npm package on the server.
 *
 * @module
 */
import { type Peer, timeStream } from './peer.ts';

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
export async function openWllama({ folder, url, contextTokens, avoid }: WllamaOptions): Promise<Peer> {
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
    measure: (prompt, tokens) =>
      timeStream(tokens, async (onText) => {
        let promptTokens = 0;
        await wllama.createCompletion({
          prompt,
          max_tokens: tokens,
          temperature: 0,
          ignore_eos: true,
          logit_bias: bias,
          cache_prompt: false,
          stream: true,
          onData({ timings }: Chunk) {
            onText();
            promptTokens = timings?.prompt_n ?? promptTokens;
          },
        });
        return promptTokens;
      }),
    close: () => wllama.exit(),
  };
}
