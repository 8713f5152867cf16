/**
 * What a model that thinks before it answers wrote, apart.
 *
 * @module
 */
import type { ChatMessage } from '../history/records.ts';

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

/** Ends thoughts that the chat template began, in a line of its own: elsewhere in an answer the mark is only spoken of. */
const BARE_END = /(?:^|\n)[ \t]*<\/think>[ \t]*(?:\n|$)/;
const BEGINNING = '<think>\n';

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

/** Knows the models whose chat templates begin the thoughts: what they write lacks the first mark, so that thoughts look like an answer. */
export class ThoughtMarks {
  readonly #models = new Set<string>();

  learn({ role, model, text }: ChatMessage): void {
    if (role === 'assistant' && model !== undefined && !marked(text) && BARE_END.test(text)) this.#models.add(model);
  }

  /** What has to stand before `text`, the beginning of an answer by `model`. */
  missing(model: string | undefined, text: string): string {
    return model !== undefined && this.#models.has(model) && !marked(text) ? BEGINNING : '';
  }
}

const marked = (text: string) => MARKS.some(([open]) => text.trimStart().startsWith(open));
