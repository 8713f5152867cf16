/**
 * What a model that thinks before it answers wrote, apart.
 *
 * @module
 */
export interface Thoughts {
  /** Without the marks around them; undefined: the model did not think. */
  thoughts?: string;
  /** Whether they are still being thought. */
  thinking: boolean;
  answer: string;
}

/** What begins and ends thoughts: of Qwen, DeepSeek and most others; of Mistral; of Seed. */
const MARKS = [
  ['<think>', '</think>'],
  ['[THINK]', '[/THINK]'],
  ['<seed:think>', '</seed:think>'],
] as const;

/** Ends thoughts whose first mark was not kept, as in older chats: in a line of its own, elsewhere in an answer the mark is only spoken of. */
const BARE_END = /(?:^|\n)[ \t]*<\/think>[ \t]*(?:\n|$)/;

/** @param text an answer, or what there is of it */
export function splitThoughts(text: string): Thoughts {
  const begun = text.trimStart();
  for (const [open, close] of MARKS) {
    if (begun.startsWith(open)) {
      const end = begun.indexOf(close);
      if (end < 0) return { ...named(begun.slice(open.length)), thinking: true, answer: '' };
      const answer = begun.slice(end + close.length).trimStart();
      return { ...named(begun.slice(open.length, end)), thinking: false, answer };
    }
  }
  const end = BARE_END.exec(text);
  if (!end) return { thinking: false, answer: text };
  const answer = text.slice(end.index + end[0].length).trimStart();
  return { ...named(text.slice(0, end.index)), thinking: false, answer };
}

/** Models that were told not to think often leave an empty pair of marks. */
function named(thoughts: string): Pick<Thoughts, 'thoughts'> {
  const trimmed = thoughts.trim();
  return trimmed === '' ? {} : { thoughts: trimmed };
}
