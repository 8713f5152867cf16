/**
 * Finding chats by words in their titles and texts. Case, accents and the width of letters make no difference.
 *
 * @module
 */
import { splitThoughts } from '../chat/thoughts.ts';
import { plainText } from '../markdown/plain-text.ts';
import type { ChatHistory } from './history.ts';
import type { ChatMessage } from './records.ts';

/** A piece of a text; `found`: it is what was searched for. */
export interface Piece {
  text: string;
  found: boolean;
}

/** What was found in a chat's texts. */
export interface Hit {
  messageId: string;
  /** Made when it is looked at: most of many hits never are. */
  readonly snippet: readonly Piece[];
}

const MAX_TERMS = 8;
/** Of a text that has what was searched for, this much is shown. */
const SNIPPET_CHARS = 140;
/** Of these, at most so many before the first that was found. */
const LEAD_CHARS = 36;
/** Of a longer answer, this much around what was found is read as Markdown. */
const MARKDOWN_CHARS = 8192;
// oxlint-disable-next-line no-control-regex -- the control characters are part of the range
const ASCII = /^[\u0000-\u007f]*$/;
const ACCENTS = /[\u0300-\u036f]/g;

/** The words of a query as they are compared; all of them have to occur. */
export function termsOf(query: string): readonly string[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  return [...new Set(words)].slice(0, MAX_TERMS);
}

/** Whether every term occurs in the text. */
export function contains(text: string, terms: readonly string[]): boolean {
  const folded = fold(text);
  return terms.every((term) => folded.includes(term));
}

/** The text in pieces, those that match a term marked. */
export function highlight(text: string, terms: readonly string[]): Piece[] {
  const { folded, origin } = foldWithOrigin(text);
  const marked = new Uint8Array(text.length);
  for (const term of terms) {
    for (let at = folded.indexOf(term); at >= 0; at = folded.indexOf(term, at + term.length)) {
      marked.fill(1, origin(at), origin(at + term.length));
    }
  }
  const pieces: Piece[] = [];
  for (let start = 0; start < text.length;) {
    const same = marked.indexOf(1 - marked[start]!, start);
    const end = same < 0 ? text.length : same;
    pieces.push({ text: text.slice(start, end), found: marked[start] === 1 });
    start = end;
  }
  return pieces;
}

/** The part of a text that has the first match, on one line, with what matches marked. */
export function snippet(text: string, terms: readonly string[]): Piece[] {
  const line = text.replace(/\s+/g, ' ').trim();
  const first = firstOf(line, terms) ?? 0;
  let start = first <= LEAD_CHARS ? 0 : afterNext(' ', line, first - LEAD_CHARS, first);
  let end = Math.min(line.length, start + SNIPPET_CHARS);
  if (isLowSurrogate(line, start)) start--;
  if (isLowSurrogate(line, end)) end--;
  const pieces = highlight(line.slice(start, end), terms);
  if (start > 0) pieces.unshift({ text: '…', found: false });
  if (end < line.length) pieces.push({ text: '…', found: false });
  return pieces;
}

/** A snippet of an answer as it reads where it is drawn, without its thoughts. Of words that these alone have, the first stands before it. */
export function answerSnippet(text: string, terms: readonly string[]): Piece[] {
  const { answer, thoughts = '' } = splitThoughts(text);
  const has = (one: string) => terms.some((term) => contains(one, [term]));
  const drawn = plainText(partAround(answer, terms));
  if (has(drawn)) return snippet(drawn, terms);
  if (has(answer)) return snippet(answer, terms); // in what is not drawn: where a link leads
  if (answer === '') return snippet(plainText(partAround(thoughts, terms)), terms);
  const said = snippet(drawn, terms);
  const thought = highlight(thoughts, terms).find(({ found }) => found);
  return thought ? [{ text: 'In thoughts: ', found: false }, thought, { text: ' · ', found: false }, ...said] : said;
}

/** Reads all texts, and yields after each batch the chats that were found in it, each with the earliest of its messages that match. */
export async function* searchTexts(
  history: Pick<ChatHistory, 'allMessages'>,
  terms: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<ReadonlyMap<string, Hit>, void> {
  const earliest = new Map<string, number>();
  for await (const batch of history.allMessages()) {
    if (signal.aborted) return;
    const found = new Map<string, Hit>();
    for (const message of batch) {
      const { conversationId, createdMs } = message;
      if (createdMs >= (earliest.get(conversationId) ?? Infinity)) continue;
      const text = textsOf(message).find((one) => contains(one, terms));
      if (text === undefined) continue;
      earliest.set(conversationId, createdMs);
      found.set(conversationId, hitIn(message, text, terms));
    }
    yield found;
    if (signal.aborted) return;
  }
}

/** @param text of the message, the one that has all terms */
function hitIn({ id, role, text: said }: ChatMessage, text: string, terms: readonly string[]): Hit {
  const make = role === 'assistant' && text === said ? answerSnippet : snippet;
  let made: readonly Piece[] | undefined;
  return {
    messageId: id,
    get snippet() {
      return (made ??= make(text, terms));
    },
  };
}

function textsOf({ text, attachments = [] }: ChatMessage): string[] {
  return [text, ...attachments.flatMap(({ name, text: attached }) => [name, attached])];
}

function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  return text.normalize('NFKD').replace(ACCENTS, '').toLowerCase().replaceAll('ς', 'σ');
}

/** Folds letter by letter; `origin` tells where in the text a position of the folded one lies. */
function foldWithOrigin(text: string): { folded: string; origin: (at: number) => number } {
  if (ASCII.test(text)) return { folded: text.toLowerCase(), origin: (at) => at };
  const positions: number[] = [];
  let folded = '';
  let at = 0;
  for (const letter of text) {
    const part = fold(letter);
    folded += part;
    for (let unit = 0; unit < part.length; unit++) positions.push(at);
    at += letter.length;
  }
  return { folded, origin: (position) => positions[position] ?? text.length };
}

/** Where the first of the words that a text has begins. */
function firstOf(text: string, terms: readonly string[]): number | undefined {
  const { folded, origin } = foldWithOrigin(text);
  const found = terms.map((term) => folded.indexOf(term)).filter((at) => at >= 0);
  return found.length === 0 ? undefined : origin(Math.min(...found));
}

/** Lines of a text around the first of the words that it has. */
function partAround(text: string, terms: readonly string[]): string {
  if (text.length <= MARKDOWN_CHARS) return text;
  const first = firstOf(text, terms) ?? 0;
  const from = Math.max(0, first - MARKDOWN_CHARS / 2);
  return text.slice(from === 0 ? 0 : afterNext('\n', text, from, first), from + MARKDOWN_CHARS);
}

/** Where the next word or line begins, looked for from `from`; `from` itself where none does before `limit`. */
function afterNext(gap: ' ' | '\n', text: string, from: number, limit: number): number {
  const at = text.indexOf(gap, from);
  return at >= 0 && at < limit ? at + 1 : from;
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
