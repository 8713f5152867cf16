/**
 * A model whose answers depend on every token before them, computed without a GPU: for tests of the scheduler.
 *
 * @module
 */
import { expect } from 'vitest';
import { PAGE } from '../shaders/attention/kv-layout.ts';
import type { LocalLLMError } from '../engine/protocol/errors.ts';
import { Batch } from '../engine/runtime/batch.ts';
import type { GenerateRequest } from '../engine/runtime/engine.ts';
import type { DecodeRun, Forward } from '../engine/runtime/forward.ts';
import { Job } from '../engine/runtime/job.ts';
import { type CacheMemory, CachePool, pagesFor } from '../engine/runtime/kv-cache.ts';
import type { OutputRow } from '../engine/runtime/results.ts';
import { samplingParams } from '../engine/runtime/sampler.ts';
import type { OutputRequest } from '../engine/runtime/sampling-inputs.ts';
import type { Tokenizer } from '../engine/tokenizer/tokenizer.ts';

export const VOCAB = 997;
export const EOG = 0;
export const CONTEXT = 16 * PAGE;

/** The next token depends on every token before it, read through the page table as attention would. */
export function nextToken(history: readonly number[]): number {
  return 1 + (history.reduce((hash, id) => (Math.imul(hash, 31) + id) >>> 0, 7) % (VOCAB - 1));
}

/** A model whose KV cache is an array of tokens by slot: a wrong page, position or order changes the answer. */
export class FakeModel {
  readonly tokenizer = tokenizer;
  readonly slots: (number | undefined)[];
  readonly limits = { tokens: 48, outputs: 8, sequences: 8, pagesPerSequence: pagesFor(CONTEXT) };
  readonly batch = new Batch(this.limits, 4);
  readonly pool: CachePool;
  readonly promptTokenCost = 1 / 16;
  readonly steps: { tokens: number; outputs: number }[] = [];
  fail: LocalLLMError | undefined;
  /** Decode runs begun. */
  runs = 0;
  choose = nextToken;
  #gpuWords = new Uint32Array(0);
  #picked: number[] = [];
  /** Called before each forward. */
  onStep: (() => void) | undefined;

  /** The tokens that went into each slot's state; used instead of the pages where the model is recurrent. */
  readonly #states: number[][];

  readonly #memory: CacheMemory = {
    clear: (pages, slots) => {
      for (const page of pages) this.slots.fill(undefined, page * PAGE, (page + 1) * PAGE);
      for (const slot of slots) this.#states[slot] = [-1];
    },
    copyPage: (from, to) => void this.slots.copyWithin(to * PAGE, from * PAGE, (from + 1) * PAGE),
  };

  constructor(pages: number, slots = 0) {
    this.pool = new CachePool(this.#memory, pages, slots);
    this.#states = Array.from({ length: slots }, () => [-1]);
    this.limits.sequences = slots || this.limits.sequences;
    this.slots = Array.from({ length: pages * PAGE });
  }

  readonly forward = {
    run: (batch: Batch, requests: readonly OutputRequest[]) => this.#compute(batch, batch.words, requests.length),
    decode: (batch: Batch, requests: readonly OutputRequest[]): DecodeRun => {
      this.#gpuWords = batch.words.slice();
      this.runs++;
      let steps = 0;
      return {
        step: () => {
          const words = this.#gpuWords;
          if (steps++ > 0) this.#advance(words);
          return this.#compute(batch, words, requests.length);
        },
      };
    },
    writeWord: ({ words }: Batch, at: number) => (this.#gpuWords[at] = words[at]!),
  } as unknown as Forward;

  /** Computes at once, as the queue would in turn, and answers later. */
  #compute(batch: Batch, words: Uint32Array, outputs: number): Promise<OutputRow[]> {
    this.onStep?.();
    const failure = this.fail;
    const rows = failure ? [] : this.#rows(batch, words, outputs);
    this.#picked = rows.map(({ id }) => id);
    return new Promise((resolve, reject) => {
      setImmediate(() => (failure ? reject(failure) : resolve(rows)));
    });
  }

  #rows({ dims }: Batch, words: Uint32Array, outputs: number): OutputRow[] {
    this.steps.push({ ...dims });
    expect(dims.tokens).toBeLessThanOrEqual(this.limits.tokens);
    expect(outputs).toBe(dims.outputs);
    const [, , , stride, tokensAt, , outputsAt, pagesAt, parts, partsAt] = words;
    const token = (row: number) => words.subarray(tokensAt! + row * 3, tokensAt! + row * 3 + 3);
    const part = (index: number) => words.subarray(partsAt! + index * 4, partsAt! + index * 4 + 4);
    for (let row = 0; row < dims.tokens; row++) this.slots[token(row)[2]!] = token(row)[0]!;
    for (let p = 0; this.#states.length > 0 && p < parts!; p++) {
      const [first, count, slot, starts] = part(p);
      if (starts) this.#states[slot!] = [];
      for (let row = first!; row < first! + count!; row++) this.#states[slot!]!.push(token(row)[0]!);
    }
    return Array.from({ length: dims.outputs }, (_, i) => {
      const row = words[outputsAt! + i]!;
      const [, position] = token(row);
      let sequence = parts! - 1;
      while (part(sequence)[0]! > row) sequence--;
      if (this.#states.length > 0) return { id: this.choose(this.#states[part(sequence)[2]!]!) };
      const history: number[] = [];
      for (let p = 0; p <= position!; p++) {
        const page = words[pagesAt! + sequence * stride! + Math.floor(p / PAGE)]!;
        history.push(this.slots[page * PAGE + (p % PAGE)]!);
      }
      return { id: this.choose(history) };
    });
  }

  /** As `shaders/sample/advance.wgsl`. */
  #advance(words: Uint32Array): void {
    const [, , , stride, tokensAt, , , pagesAt, , partsAt] = words;
    this.#picked.forEach((id, row) => {
      const token = tokensAt! + row * 3;
      const part = partsAt! + row * 4;
      if (words[part + 1] === 0) return;
      words[part + 3] = 0;
      if (id === EOG) {
        words[part + 1] = 0;
        return;
      }
      const position = words[token + 1]! + 1;
      const page = words[pagesAt! + row * stride! + Math.floor(position / PAGE)]!;
      words.set([id, position, page * PAGE + (position % PAGE)], token);
    });
  }
}

export const tokenizer = {
  vocabSize: VOCAB,
  eogIds: new Set([EOG]),
  decoder: () => ({ push: (id: number) => `${id} `, flush: () => '' }),
} as unknown as Tokenizer;

/** What the model answers to a prompt. */
export function expectedText(tokens: readonly number[], count: number): string {
  const history = [...tokens];
  for (let i = 0; i < count; i++) history.push(nextToken(history));
  return history
    .slice(tokens.length)
    .map((id) => `${id} `)
    .join('');
}

/** Prompts of different seeds begin differently. */
export const prompt = (seed: number, length: number) =>
  Array.from({ length }, (_, i) => 1 + ((seed * 131 + i * 17) % 900));

/** A request as the engine makes it; `more` is kept as it is, so that its priority may change. */
export function job(tokens: readonly number[], maxTokens: number, more: Partial<GenerateRequest> = {}): Job {
  const request: GenerateRequest = {
    input: '',
    options: {},
    owner: more.owner ?? 'a',
    get priority() {
      return more.priority ?? 1;
    },
    signal: more.signal ?? new AbortController().signal,
    onDelta: more.onDelta ?? (() => {}),
  };
  return new Job({ request, tokens, sampling: samplingParams({ temperature: 0 }), tokenizer, maxTokens });
}
