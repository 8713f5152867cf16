/**
 * What the whole-engine benchmarks measure, ours and others' alike.
 *
 * @module
 */
import type { Engine } from '../../engine/runtime/engine.ts';
import type { Prompts } from './prompt.ts';

export interface Measured {
  promptTokens: number;
  /** From asking to the first token. */
  firstTokenMs: number;
  /** Of the tokens after the first; 0 where only one was asked for. */
  decodeTokensPerSecond: number;
}

/** Our engine with a model loaded. */
export class Ours {
  /** What it was asked last. */
  prompt = '';
  readonly #engine: Engine;
  readonly #prompts: Prompts;
  /** Rules out the ends of answers, once an answer ended too early to say anything about speed. */
  #logitBias: Record<string, number> | undefined;

  constructor(engine: Engine, prompts: Prompts) {
    this.#engine = engine;
    this.#prompts = prompts;
  }

  /** An answer of `tokens` tokens to a new prompt. Reuses nothing of earlier ones. */
  async measure(promptTokens: number, tokens: number): Promise<Measured> {
    this.prompt = this.#prompts.next(promptTokens);
    const { usage, timing } = await this.#engine.generate({
      input: this.prompt,
      options: {
        raw: true,
        temperature: 0,
        maxTokens: tokens,
        ...(this.#logitBias ? { logitBias: this.#logitBias } : {}),
      },
      owner: crypto.randomUUID(),
      priority: 0,
      signal: new AbortController().signal,
      onDelta: () => {},
    });
    if (usage.completionTokens < tokens && !this.#logitBias) {
      this.#logitBias = Object.fromEntries(this.#prompts.endIds.map((id) => [id, -1e6]));
      return this.measure(promptTokens, tokens);
    }
    const { ttftMs: firstTokenMs, tokensPerSecond: decodeTokensPerSecond } = timing;
    return { promptTokens: usage.promptTokens, firstTokenMs, decodeTokensPerSecond };
  }
}

/** Prompts of a length, answered in turns, and what is read from the times. */
export interface Case {
  promptTokens: number;
  tokens: number;
  figures: readonly Figure[];
}
interface Figure {
  name: string;
  unit: 'tokens/s' | 'ms';
  of: (measured: Measured) => number;
}

export function casesFor(contexts: readonly number[], prompt: number, tokens: number): Case[] {
  const start: Figure[] = [
    {
      name: `prefill of ${prompt}`,
      unit: 'tokens/s',
      of: ({ promptTokens, firstTokenMs }) => promptTokens / (firstTokenMs / 1000),
    },
    { name: `first token after ${prompt}`, unit: 'ms', of: ({ firstTokenMs }) => firstTokenMs },
  ];
  const decode = (context: number): Figure => ({
    name: `decode at ${context}`,
    unit: 'tokens/s',
    of: ({ decodeTokensPerSecond }) => decodeTokensPerSecond,
  });
  return [
    // What follows the first token keeps the GPU awake for the next prompt: a clock that fell makes it several times as slow.
    { promptTokens: prompt, tokens, figures: start },
    ...contexts.map((context) => ({ promptTokens: Math.max(context, 8), tokens, figures: [decode(context)] })),
  ];
}

export interface ComparisonRow {
  name: string;
  unit: Figure['unit'];
  ours: number;
  theirs?: number;
  /** Of speeds, so that more than 1 is always in our favour. */
  ratio?: number;
  samples: { ours: number[]; theirs: number[] };
}

export interface Comparison {
  model: string;
  bytes: number;
  ours: { name: string; adapter: string; loadMs: number };
  theirs?: { name: string; on: string; loadMs: number };
  rows: ComparisonRow[];
}
