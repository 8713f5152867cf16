/**
 * How many old turns have to go for a new one.
 *
 * @module
 */

/** Of the context window, what old turns make way for, so that an answer has room. */
const ANSWER_SHARE = 1 / 8;

export interface Room {
  /** Which of the evictions. */
  at: number;
  /** Tokens of the prompt then. */
  tokens: number;
  /** Tokens that went. */
  freed: number;
}

/**
 * The first of `choices` evictions, rising, after which the prompt fits: with room for an answer if any gives it, else with one
 * token of room. Without such an eviction `tokens` is at least `contextWindow`. `measure` gives the prompt's tokens after one.
 */
export async function findRoom(
  choices: number,
  contextWindow: number,
  measure: (at: number) => Promise<number>,
): Promise<Room> {
  const all = await measure(0);
  const reserve = Math.max(1, Math.floor(contextWindow * ANSWER_SHARE));
  const last = choices - 1;
  if (last === 0 || all + reserve <= contextWindow) return { at: 0, tokens: all, freed: 0 };
  const least = await measure(last);
  const room = least + reserve <= contextWindow ? reserve : 1;
  if (all + room <= contextWindow) return { at: 0, tokens: all, freed: 0 };
  let [low, high, tokens] = [0, last, least];
  // `low` is too little; `high` is enough, or all that there is.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const measured = await measure(middle);
    if (measured + room <= contextWindow) [high, tokens] = [middle, measured];
    else low = middle;
  }
  return { at: high, tokens, freed: all - tokens };
}
