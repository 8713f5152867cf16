/**
 * One request while it runs: its sequence, its sampling, its answer, its times.
 *
 * @module
 */
import { MASKED } from '../../shaders/sample/mask-logits.kernel.ts';
import type { GenerateResult, TokenLogprob } from '../protocol/messages.ts';
import type { ToolMarks } from '../chat/tool-call-format.ts';
import type { AnswerGrammar } from '../grammar/answer-grammar.ts';
import type { LocalLLMError } from '../protocol/errors.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { GenerateRequest } from './engine.ts';
import { Answer } from './answer.ts';
import { continuesPrompt } from './prompt.ts';
import type { Candidates, OutputRow } from './results.ts';
import type { OutputRequest } from './sampling-inputs.ts';
import { Sequence } from './kv-cache.ts';
import { draw, drawsOnGpu, type SamplingParams } from './sampler.ts';

export interface JobParts {
  request: GenerateRequest;
  /** The prompt. */
  tokens: readonly number[];
  /** What of it is the answer's beginning already. Default nothing. */
  begun?: string;
  sampling: SamplingParams;
  tokenizer: Tokenizer;
  /** Tokens the answer may have: `maxTokens`, or what the context leaves. 0: the prompt is computed and kept, nothing is answered. */
  maxTokens: number;
  /** What the answer is held to; closed when the job ends. */
  grammar?: AnswerGrammar | undefined;
  /** Of the calls that the answer may have. */
  marks?: ToolMarks | undefined;
}

export class Job {
  readonly owner: string;
  readonly signal: AbortSignal;
  readonly result: Promise<GenerateResult>;
  sequence: Sequence;
  /** Whether {@link start} has run. */
  started = false;

  readonly #parts: JobParts;
  readonly #answer: Answer;
  readonly #promptTokens: number;
  readonly #arrivedMs = performance.now();
  #cachedTokens = 0;
  #firstTokenMs: number | undefined;
  #settle!: { resolve: (result: GenerateResult) => void; reject: (error: unknown) => void };

  constructor(parts: JobParts) {
    const { request, tokens, tokenizer } = parts;
    this.#parts = parts;
    this.owner = request.owner;
    this.signal = request.signal;
    this.sequence = new Sequence(tokens, request.owner);
    this.#promptTokens = tokens.length;
    const { input, options, onDelta } = request;
    // A pattern says of every character whether it belongs there.
    const continues = continuesPrompt(input, options) || options.responseConstraint?.type === 'regexp';
    this.#answer = new Answer(tokenizer, options, onDelta, { continues, marks: parts.marks, begun: parts.begun });
    if (parts.grammar?.ended) this.#answer.complete();
    this.result = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
  }

  /** As the request has it now. */
  get priority(): number {
    return this.#parts.request.priority;
  }

  /** Ends when its prompt is computed. */
  get promptOnly(): boolean {
    return this.#parts.maxTokens === 0;
  }

  /** Tokens that are known but not yet computed. */
  get pending(): number {
    return this.sequence.tokens.length - this.sequence.cached;
  }

  get finished(): boolean {
    return this.promptOnly ? this.pending === 0 : this.#answer.finishReason !== undefined;
  }

  /** Begins; what its sequence has cached was found there. */
  start(): void {
    this.started = true;
    this.#cachedTokens = this.sequence.cached;
  }

  /** Whether its next token can be drawn: what its grammar allows is known. */
  get ready(): boolean {
    const { grammar } = this.#parts;
    return grammar === undefined || grammar.mask !== undefined;
  }

  /** Resolves when it is {@link ready}, or has {@link failure}; undefined when nothing is to be waited for. */
  get becomesReady(): Promise<void> | undefined {
    return this.#parts.grammar?.next;
  }

  /** Why it cannot go on. */
  get failure(): LocalLLMError | undefined {
    return this.#parts.grammar?.failure;
  }

  /** Whether the GPU can go on from token to token without this side's help. */
  get drawsOnGpu(): boolean {
    const { sampling, request, grammar } = this.#parts;
    return drawsOnGpu(sampling) && (request.options.logprobs ?? 0) === 0 && grammar === undefined;
  }

  /** Tokens that the answer may still have. */
  get remaining(): number {
    return this.#parts.maxTokens - this.#answer.completionTokens;
  }

  outputRequest(): OutputRequest {
    const { sampling, request } = this.#parts;
    const here = drawsOnGpu(sampling) ? sampling : { ...sampling, temperature: 0 };
    return {
      sampling: here,
      history: this.sequence.tokens,
      candidates: !drawsOnGpu(sampling) || (request.options.logprobs ?? 0) > 0,
      sumTemperature: sampling.temperature || 1,
      mask: this.#parts.grammar?.mask,
    };
  }

  /** Takes the next token from a row of the forward. @throws LocalLLMError from reading the logits */
  async take(row: OutputRow, readLogits: () => Promise<Float32Array>): Promise<void> {
    const { sampling, tokenizer } = this.#parts;
    const { candidates } = row;
    const id =
      drawsOnGpu(sampling) || !candidates
        ? row.id
        : await draw(sampling, this.sequence.tokens.length, tokenizer.vocabSize, candidates, readLogits);
    if (candidates) this.#recordLogprob(id, candidates);
    this.#firstTokenMs ??= performance.now();
    this.sequence.tokens.push(id);
    this.#answer.push(id);
    if (this.#answer.completionTokens >= this.#parts.maxTokens) this.#answer.cut();
    if (!this.finished) this.#follow(id);
  }

  /** Finds out, while others go on, what may follow the token. */
  #follow(id: number): void {
    const { grammar } = this.#parts;
    grammar?.accept(id);
    void grammar?.next?.then(() => {
      if (grammar.ended) this.#answer.complete();
    });
  }

  succeed(): void {
    this.#parts.grammar?.close();
    const endMs = performance.now();
    const firstMs = this.#firstTokenMs ?? endMs;
    const { completionTokens } = this.#answer;
    const seconds = (endMs - firstMs) / 1000;
    const { logprobs } = this.#parts.request.options;
    this.#settle.resolve({
      ...this.#answer.result(),
      ...(logprobs !== undefined && logprobs > 0 ? { logprobs: this.#answer.logprobs } : {}),
      usage: { promptTokens: this.#promptTokens, cachedTokens: this.#cachedTokens, completionTokens },
      timing: {
        ttftMs: firstMs - this.#arrivedMs,
        tokensPerSecond: completionTokens > 1 && seconds > 0 ? (completionTokens - 1) / seconds : 0,
      },
    });
  }

  fail(error: unknown): void {
    this.#parts.grammar?.close();
    this.#settle.reject(error);
  }

  #recordLogprob(id: number, candidates: Candidates): void {
    const wanted = this.#parts.request.options.logprobs ?? 0;
    if (wanted === 0) return;
    this.#answer.logprobs.push(tokenLogprob(this.#parts.tokenizer, id, candidates, wanted));
  }
}

/** Log-probabilities of the chosen token and of the `top` best, over the whole vocabulary or what a grammar leaves of it. */
export function tokenLogprob(tokenizer: Tokenizer, id: number, candidates: Candidates, top: number): TokenLogprob {
  const normalizer = candidates.max + Math.log(candidates.sum);
  const possible = candidates.logits.findLastIndex((logit) => logit > MASKED) + 1;
  const entry = (i: number) => ({
    id: candidates.ids[i]!,
    text: tokenizer.text(candidates.ids[i]!, { special: true }),
    logprob: candidates.logits[i]! - normalizer,
  });
  const chosen = candidates.ids.indexOf(id);
  const { text, logprob } =
    chosen >= 0
      ? entry(chosen)
      : { text: tokenizer.text(id, { special: true }), logprob: candidates.logits.at(-1)! - normalizer }; // an upper bound
  return { id, text, logprob, top: Array.from({ length: Math.min(top, possible) }, (_, i) => entry(i)) };
}
