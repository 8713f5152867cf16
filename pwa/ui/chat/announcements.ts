/**
 * What a screen reader is told of an answer that is being written: whole sentences, not tokens.
 *
 * @module
 */

/** The end of a sentence or a line, with what follows it. */
const ENDING = /[.!?…:;][)"'”’\]]*\s|\n/g;

/**
 * The text after `announced` characters that may be spoken now: up to the last end of a sentence, or all of it when `finished`.
 * Returns an empty text while there is none.
 */
export function nextAnnouncement(
  text: string,
  announced: number,
  finished: boolean,
): { text: string; announced: number } {
  const fresh = text.slice(announced);
  if (finished) return { text: fresh.trim(), announced: text.length };
  let end = 0;
  for (const match of fresh.matchAll(ENDING)) end = match.index + match[0].length;
  return { text: fresh.slice(0, end).trim(), announced: announced + end };
}
