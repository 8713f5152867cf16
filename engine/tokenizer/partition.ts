/**
 * Finds special tokens in a text before anything else is done with it. Follows llama.cpp's `tokenizer_st_partition`,
 * but knows which stretches of the text may hold control tokens.
 *
 * @module
 */
import { badFile, MAX_SPECIAL_CHARS, MAX_SPECIAL_TOKENS } from './metadata.ts';
import { TextFinder } from './text-finder.ts';
import { TokenKind, type Vocabulary } from './vocabulary.ts';

/** A stretch of a text; control tokens are found only where `special` is true. */
export interface TextPart {
  text: string;
  special: boolean;
}

/** Text still to be encoded, or a special token. */
export type Fragment = { text: string } | { id: number };

interface Stretch {
  start: number;
  end: number;
}

const isAsciiSpace = (unit: number) => unit === 32 || (unit >= 9 && unit <= 13);

/** The special tokens, longest first; llama.cpp orders by UTF-8 length. @throws LocalLLMError bad-file for too many */
function findSpecialTokens(vocabulary: Vocabulary): number[] {
  const kinds = TokenKind.CONTROL | TokenKind.USER_DEFINED | TokenKind.UNKNOWN;
  const ids: number[] = [];
  for (let id = 0; id < vocabulary.size; id++) if (vocabulary.is(id, kinds)) ids.push(id);
  const chars = ids.reduce((sum, id) => sum + vocabulary.textOf(id).length, 0);
  if (chars > MAX_SPECIAL_CHARS) {
    throw badFile('tokenizer.ggml.tokens', `has special tokens of ${chars} characters, more than ${MAX_SPECIAL_CHARS}`);
  }
  if (ids.length > MAX_SPECIAL_TOKENS) {
    const problem = `has ${ids.length} control and user-defined tokens, more than ${MAX_SPECIAL_TOKENS}`;
    throw badFile('tokenizer.ggml.token_type', problem);
  }
  return ids.sort((a, b) => vocabulary.byteLengthOf(b) - vocabulary.byteLengthOf(a));
}

/** The stretches in which control tokens count, neighbours joined. */
function trustedStretches(parts: readonly TextPart[]): Stretch[] {
  const stretches: Stretch[] = [];
  let offset = 0;
  for (const { text, special } of parts) {
    const last = stretches.at(-1);
    if (special && text !== '') {
      if (last?.end === offset) last.end += text.length;
      else stretches.push({ start: offset, end: offset + text.length });
    }
    offset += text.length;
  }
  return stretches;
}

/** Whether start…end lies within one stretch. Stretches are sorted and apart. */
function isWithin(stretches: readonly Stretch[], start: number, end: number): boolean {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stretches[middle]!.end <= start) low = middle + 1;
    else high = middle;
  }
  const stretch = stretches[low];
  return stretch !== undefined && stretch.start <= start && end <= stretch.end;
}

export class Partitioner {
  private readonly vocabulary: Vocabulary;
  private readonly specialTokens: readonly number[];
  private readonly finder: TextFinder;

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
    this.specialTokens = findSpecialTokens(vocabulary);
    this.finder = new TextFinder(this.specialTokens.map((id) => vocabulary.textOf(id)));
  }

  /** The joined text of the parts, cut at special tokens; user-defined ones are found anywhere. */
  partition(parts: readonly TextPart[]): Fragment[] {
    const text = parts.map((part) => part.text).join('');
    if (text === '') return [];
    const trusted = trustedStretches(parts);
    const occurring = this.finder.occurring(text);
    let fragments: (Stretch | { id: number })[] = [{ start: 0, end: text.length }];
    for (const [index, id] of this.specialTokens.entries()) {
      if (occurring[index] === 0) continue;
      const control = this.vocabulary.is(id, TokenKind.CONTROL | TokenKind.UNKNOWN);
      if (control && trusted.length === 0) continue;
      const cut: (Stretch | { id: number })[] = [];
      for (const fragment of fragments) {
        if ('id' in fragment) cut.push(fragment);
        else this.cut(text, fragment, id, control ? trusted : undefined, cut);
      }
      fragments = cut;
    }
    return fragments.map((fragment) =>
      'id' in fragment ? fragment : { text: text.slice(fragment.start, fragment.end) },
    );
  }

  /** Appends `fragment` to `output`, cut at each occurrence of token `id`; only those within `trusted` where given. */
  private cut(
    text: string,
    fragment: Stretch,
    id: number,
    trusted: readonly Stretch[] | undefined,
    output: (Stretch | { id: number })[],
  ): void {
    const token = this.vocabulary.textOf(id);
    // One slice: a search in the whole text would run past the fragment's end each time.
    const piece = text.slice(fragment.start, fragment.end);
    let start = 0;
    for (let from = 0; ;) {
      const match = piece.indexOf(token, from);
      if (match < 0) break;
      const after = match + token.length;
      if (trusted !== undefined && !isWithin(trusted, fragment.start + match, fragment.start + after)) {
        from = match + 1;
        continue;
      }
      let leftEnd = match;
      if (this.vocabulary.is(id, TokenKind.STRIPS_LEFT)) {
        while (leftEnd > start && isAsciiSpace(piece.charCodeAt(leftEnd - 1))) leftEnd--;
      }
      if (leftEnd > start) output.push({ start: fragment.start + start, end: fragment.start + leftEnd });
      output.push({ id });
      start = after;
      if (this.vocabulary.is(id, TokenKind.STRIPS_RIGHT)) {
        while (start < piece.length && isAsciiSpace(piece.charCodeAt(start))) start++;
      }
      from = start;
    }
    if (start < piece.length) output.push({ start: fragment.start + start, end: fragment.end });
  }
}
