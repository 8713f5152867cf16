/**
 * Another engine in the page, which gets the prompts that ours got.
 *
 * @module
 */
import type { Measured } from '../measured.ts';

export interface Peer {
  measure(prompt: string, tokens: number): Promise<Measured>;
  close(): Promise<void>;
}

/** @param run answers with `tokens` tokens, tells of each, and resolves with the number of the prompt's tokens */
export async function timeStream(tokens: number, run: (onToken: () => void) => Promise<number>): Promise<Measured> {
  const times: number[] = [];
  const start = performance.now();
  const promptTokens = await run(() => void times.push(performance.now()));
  const [first = performance.now()] = times;
  const seconds = ((times.at(-1) ?? first) - first) / 1000;
  return {
    promptTokens,
    firstTokenMs: first - start,
    decodeTokensPerSecond: tokens > 1 ? (tokens - 1) / seconds : 0,
  };
}
