/**
 * How many old turns have to go for a new one.
 *
 * @module
 */
import type { Measure } from '../protocol/messages.ts';

/** Of the context window, what old turns make way for, so that an answer has room. */
const ANSWER_SHARE = 1 / 8;

export interface Room extends Measure {
  /** Which of the evictions. */
  at: number;
  /** Tokens that went. */
  freed: number;
}

/**
 * The first of `choices` evictions, rising, after which the prompt fits: with room for an answer if any gives it, else with one
 * token of room. Without such an eviction `tokens` is at least `contextTokens`. `measure` gives the prompt's size after one.
 */
export async function findRoom(choices: number, measure: (at: number) => Promise<Measure>): Promise<Room> {
  const { tokens: all, contextTokens } = await measure(0);
  const reserve = Math.max(1, Math.floor(contextTokens * ANSWER_SHARE));
  const last = choices - 1;
  const none = { at: 0, tokens: all, contextTokens, freed: 0 };
  if (last === 0 || all + reserve <= contextTokens) return none;
  const { tokens: least } = await measure(last);
  const room = least + reserve <= contextTokens ? reserve : 1;
  if (all + room <= contextTokens) return none;
  let [low, high, tokens] = [0, last, least];
  // `low` is too little; `high` is enough, or all that there is.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const measured = await measure(middle);
    if (measured.tokens + room <= contextTokens) [high, tokens] = [middle, measured.tokens];
    else low = middle;
  }
  return { at: high, tokens, contextTokens, freed: all - tokens };
}
