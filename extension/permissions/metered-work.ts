/**
 * One request of a site, from the engine's first frame to the last: what it took.
 *
 * @module
 */
import type { ErrorCode, LocalLLMError } from '../../engine/protocol/errors.ts';
import type { GenerateResult, UpFrame, Usage as Tokens } from '../../engine/protocol/messages.ts';
import { MAX_ONE_TEXT_CHARS } from './activity.ts';

/** Where an answer was broken off nobody counted its tokens. */
const CHARS_PER_TOKEN = 4;

/** What a site has asked for and was let through with. */
export interface Work {
  /** A frame on its way to the site; the last one ends the work. Returns why the work has to end, where it is beyond the budget. */
  take(frame: UpFrame): LocalLLMError | undefined;
}
export interface Asked {
  method: 'generate' | 'prefill';
  /** Roughly, from its length. */
  promptTokens: number;
  /** Where texts are kept. */
  prompt?: string;
}

export interface WorkRecord {
  method: 'generate' | 'prefill';
  timeMs: number;
  tokens: number;
  durationMs: number;
  outcome: 'done' | ErrorCode;
  text?: { prompt: string; answer: string };
}

/** Tells of tokens that were written; returns why there must be no more. */
type OnText = (tokens: number) => LocalLLMError | undefined;
/** `written`: all that was told of. */
type OnEnd = (record: WorkRecord, written: number) => void;

export class MeteredWork implements Work {
  readonly #asked: Asked;
  readonly #onText: OnText;
  readonly #end: OnEnd;
  readonly #startMs = Date.now();
  /** Whether the engine has begun with it. */
  #worked = false;
  /** Deltas may carry several tokens each, of a page that does not read them: then their length tells. */
  #written = 0;
  #deltas = 0;
  #chars = 0;
  #answer = '';
  #ended = false;

  constructor(asked: Asked, onText: OnText, end: OnEnd) {
    this.#asked = asked;
    this.#onText = onText;
    this.#end = end;
  }

  take(frame: UpFrame): LocalLLMError | undefined {
    if (frame.t === 'done') this.#finish('done', frame.result);
    else if (frame.t === 'error') this.#finish(frame.error.code);
    else this.#worked = true;
    if (this.#ended) return undefined;
    return this.#onText(frame.t === 'delta' ? this.#write(frame.text) : 0);
  }

  /** How many tokens more. */
  #write(text: string): number {
    if (this.#asked.prompt !== undefined && this.#answer.length < MAX_ONE_TEXT_CHARS) this.#answer += text;
    this.#deltas++;
    this.#chars += text.length;
    const before = this.#written;
    this.#written = Math.max(this.#deltas, tokensIn(this.#chars));
    return this.#written - before;
  }

  #finish(outcome: 'done' | ErrorCode, result?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    const { method, prompt } = this.#asked;
    const answer = outcome === 'done' && method === 'generate' ? (result as GenerateResult).text : this.#answer;
    const record: WorkRecord = {
      method,
      timeMs: this.#startMs,
      tokens: outcome === 'done' ? tokensOf(method, result) : this.#brokenOff(),
      durationMs: Date.now() - this.#startMs,
      outcome,
      ...(prompt !== undefined && { text: { prompt, answer: cut(answer) } }),
    };
    this.#end(record, this.#written);
  }

  #brokenOff(): number {
    return this.#worked ? this.#asked.promptTokens + this.#written : 0;
  }
}

function tokensOf(method: 'generate' | 'prefill', result: unknown): number {
  const usage = method === 'generate' ? (result as GenerateResult).usage : (result as Tokens);
  return usage.promptTokens - usage.cachedTokens + usage.completionTokens;
}

export function tokensIn(chars: number): number {
  return Math.ceil(chars / CHARS_PER_TOKEN);
}

/** As a person reads it. Nobody has checked it yet. */
export function textOf(input: unknown): string {
  if (!Array.isArray(input)) return cut(typeof input === 'string' ? input : '');
  const messages = input as ({ role?: unknown; content?: unknown } | null)[];
  return cut(messages.map((message) => `${String(message?.role)}: ${String(message?.content)}`).join('\n\n'));
}

function cut(text: string): string {
  return text.slice(0, MAX_ONE_TEXT_CHARS);
}
