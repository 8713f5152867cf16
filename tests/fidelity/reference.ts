/**
 * llama.cpp, through node-llama-cpp on the CPU, as the reference for ids, log-probabilities and greedy text.
 *
 * @module
 */
import { getLlama, LlamaLogLevel, type Llama, type LlamaContext, type LlamaModel, type Token } from 'node-llama-cpp';

export interface Likely {
  id: number;
  /** Natural logarithm. */
  logprob: number;
}

export interface GreedyToken extends Likely {
  /** How much more likely than the second best, as a difference of logits. */
  margin: number;
}

export interface Prediction {
  /** At the prompt's last position, most likely first. */
  top: Likely[];
  /** What follows when the most likely token is always taken; ends of generation do not end it. */
  greedy: GreedyToken[];
}

/** The most exact that llama.cpp has: no flash attention, KV cache in F32. */
const EXACT = {
  flashAttention: false,
  experimentalKvCacheKeyType: 'F32',
  experimentalKvCacheValueType: 'F32',
} as const;

/** On one thread: more only wait for each other, the models are small and other tests run beside. */
let llama: Promise<Llama> | undefined;

/** A LoRA adapter. */
export interface AttachedAdapter {
  filePath: string;
  scale: number;
}

export class Reference {
  readonly #model: LlamaModel;
  readonly #contextTokens: number | undefined;
  readonly #adapters: readonly AttachedAdapter[];

  private constructor(model: LlamaModel, contextTokens: number | undefined, adapters: readonly AttachedAdapter[] = []) {
    this.#model = model;
    this.#contextTokens = contextTokens;
    this.#adapters = adapters;
  }

  /** The same model with adapters; closed with it. */
  with(adapters: readonly AttachedAdapter[]): Reference {
    return new Reference(this.#model, this.#contextTokens, adapters);
  }

  /** @param contextTokens the size of the context, which decides on some models' rotations; by default what the tokens need */
  static async open(modelPath: string, contextTokens?: number): Promise<Reference> {
    llama ??= getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      logLevel: LlamaLogLevel.error,
      maxThreads: 1,
    });
    return new Reference(await (await llama).loadModel({ modelPath, gpuLayers: 0 }), contextTokens);
  }

  /** Without BOS; texts of special tokens become those tokens where `special`. */
  tokenize(text: string, special: boolean): number[] {
    return [...this.#model.tokenize(text, special)];
  }

  text(ids: readonly number[]): string {
    return this.#model.detokenize([...ids] as Token[], true);
  }

  /** All logits at the last position: [vocabulary]. */
  async logits(ids: readonly number[]): Promise<Float32Array> {
    return this.#withContext(ids.length + 1, async (context) => {
      const input = controlled(ids, { logits: true });
      const next = (await context.getSequence().controlledEvaluate(input)).at(-1)?.next.logits;
      if (!next) throw new Error('llama.cpp gave no logits');
      const all = new Float32Array(next.size);
      for (const [id, logit] of next) all[id] = logit;
      return all;
    });
  }

  async predict(ids: readonly number[], greedyTokens: number, topTokens = 20): Promise<Prediction> {
    return this.#withContext(ids.length + greedyTokens, async (context) => {
      const sequence = context.getSequence();
      const best = async (tokens: readonly number[], count: number) => {
        const wanted = {
          logits: { filter: { tokens: [], includeTop: count, includeMax: true } },
          totalLogitWeight: true,
        };
        const next = (await sequence.controlledEvaluate(controlled(tokens, wanted))).at(-1)?.next;
        if (!next?.logits || next.totalLogitWeight === undefined) throw new Error('llama.cpp gave no logits');
        const logits = [...next.logits].sort((a, b) => b[1] - a[1]).slice(0, count);
        const normalizer = (logits[0]?.[1] ?? 0) + Math.log(next.totalLogitWeight);
        return logits.map(([id, logit]): Likely => ({ id, logprob: logit - normalizer }));
      };
      const top = await best(ids, topTokens);
      const greedy: GreedyToken[] = [];
      for (let now = top; greedy.length < greedyTokens; now = await best([greedy.at(-1)!.id], 2)) {
        const [first, second] = now;
        if (!first || !second) throw new Error('llama.cpp gave fewer than two logits');
        greedy.push({ ...first, margin: first.logprob - second.logprob });
      }
      return { top, greedy };
    });
  }

  /**
   * Greedy answers, each to the end of generation or to `maxTokens`, with llama.cpp's usual settings: KV cache in F16.
   */
  async answers(prompts: readonly string[], maxTokens: number): Promise<string[]> {
    const context = await this.#model.createContext({ contextSize: 2048, threads: 1 });
    const sequence = context.getSequence();
    const answers: string[] = [];
    for (const prompt of prompts) {
      const tokens: Token[] = [];
      for await (const token of sequence.evaluate(this.#model.tokenize(prompt, true), { temperature: 0 })) {
        if (this.#model.isEogToken(token) || tokens.push(token) >= maxTokens) break;
      }
      await sequence.clearHistory();
      answers.push(this.#model.detokenize(tokens, true));
    }
    await context.dispose();
    return answers;
  }

  async close(): Promise<void> {
    await this.#model.dispose();
  }

  async #withContext<T>(tokens: number, use: (context: LlamaContext) => Promise<T>): Promise<T> {
    const contextSize = this.#contextTokens ?? Math.max(64, tokens + 8);
    const lora = this.#adapters.length > 0 && { lora: { adapters: [...this.#adapters] } };
    const context = await this.#model.createContext({ contextSize, threads: 1, ...EXACT, ...lora });
    try {
      return await use(context);
    } finally {
      await context.dispose();
    }
  }
}

/** The tokens as input, with what is asked of the last one. */
function controlled<T extends object>(
  ids: readonly number[],
  generateNext: T,
): (Token | [Token, { generateNext: T }])[] {
  return ids.map((id, i) => (i === ids.length - 1 ? [id as Token, { generateNext }] : (id as Token)));
}
