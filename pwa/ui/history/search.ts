/**
 * Finding chats by words in their titles and texts. Case, accents and the width of letters make no difference.
 *
 * @module
 */
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
  snippet: readonly Piece[];
}

const MAX_TERMS = 8;
/** Of a text that has what was searched for, this much is shown. */
const SNIPPET_CHARS = 140;
/** Of these, at most so many before the first that was found. */
const LEAD_CHARS = 36;
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
  const { folded, origin } = foldWithOrigin(line);
  const found = terms.map((term) => folded.indexOf(term)).filter((at) => at >= 0);
  const first = found.length === 0 ? 0 : origin(Math.min(...found));
  let start = first <= LEAD_CHARS ? 0 : wordAfter(line, first - LEAD_CHARS, first);
  let end = Math.min(line.length, start + SNIPPET_CHARS);
  if (isLowSurrogate(line, start)) start--;
  if (isLowSurrogate(line, end)) end--;
  const pieces = highlight(line.slice(start, end), terms);
  if (start > 0) pieces.unshift({ text: '…', found: false });
  if (end < line.length) pieces.push({ text: '…', found: false });
  return pieces;
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
      const { conversationId, id, createdMs } = message;
      if (createdMs >= (earliest.get(conversationId) ?? Infinity)) continue;
      const text = textsOf(message).find((one) => contains(one, terms));
      if (text === undefined) continue;
      earliest.set(conversationId, createdMs);
      found.set(conversationId, { messageId: id, snippet: snippet(text, terms) });
    }
    yield found;
    if (signal.aborted) return;
  }
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

/** Where the next word begins, looked for from `from`; `from` itself where none does before `limit`. */
function wordAfter(line: string, from: number, limit: number): number {
  const space = line.indexOf(' ', from);
  return space >= 0 && space < limit ? space + 1 : from;
}

function isLowSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
