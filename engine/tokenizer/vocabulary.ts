/**
 * Tokens of a GGUF vocabulary: texts, scores, kinds.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import { readNumbers, readTokens, type TextList, type VocabularyMetadata } from './metadata.ts';
import { TextTable } from './text-table.ts';

/** What a token is, as bits: a token found to end generation is CONTROL on top of what the file calls it. */
export const TokenKind = {
  UNKNOWN: 1,
  UNUSED: 2,
  NORMAL: 4,
  CONTROL: 8,
  USER_DEFINED: 16,
  BYTE: 32,
  /** Eats white space at its left, or right, when found in a text. */
  STRIPS_LEFT: 64,
  STRIPS_RIGHT: 128,
} as const;

/** GGUF's `token_type` values, by index. */
const KIND_OF_TYPE = [
  0,
  TokenKind.NORMAL,
  TokenKind.UNKNOWN,
  TokenKind.CONTROL,
  TokenKind.USER_DEFINED,
  TokenKind.UNUSED,
  TokenKind.BYTE,
];

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export class Vocabulary {
  readonly size: number;
  /** Bits of `TokenKind` per token. */
  readonly kinds: Uint8Array;
  /** SPM's log-probabilities; zeros where the file has none. */
  readonly scores: Float64Array;
  /** Bytes of the longest token text. No text of more UTF-16 units is a token. */
  readonly longestBytes: number;
  private readonly texts: TextList;
  private readonly table: TextTable;
  /** Memory for a text that is looked up. */
  private readonly looked: Uint8Array<ArrayBuffer>;

  /** @throws LocalLLMError bad-file for missing, oversized, empty or duplicate entries */
  constructor(metadata: VocabularyMetadata) {
    this.texts = named(readTokens(metadata));
    this.size = this.texts.ends.length;
    if (this.size === 0) {
      throw new LocalLLMError('bad-file', 'The file has an empty vocabulary. Convert the model anew.');
    }
    this.scores = readNumbers(metadata, 'tokenizer.ggml.scores', this.size) ?? new Float64Array(this.size);
    const types = readNumbers(metadata, 'tokenizer.ggml.token_type', this.size);
    this.kinds = new Uint8Array(this.size).fill(TokenKind.NORMAL);
    types?.forEach((type, id) => (this.kinds[id] = KIND_OF_TYPE[type] ?? 0));
    let longest = 0;
    for (let id = 0; id < this.size; id++) longest = Math.max(longest, this.byteLengthOf(id));
    this.longestBytes = longest;
    this.looked = new Uint8Array(longest * 3);
    this.table = new TextTable(this.texts, (earlier, later) => {
      const text = this.textOf(later);
      // Converters write texts that are no UTF-8 with replacement characters, and those coincide.
      if (text.includes('\ufffd')) return;
      throw new LocalLLMError(
        'bad-file',
        `The file's vocabulary is damaged: tokens ${earlier} and ${later} are both ${quoted(text)}. Convert the model anew.`,
      );
    });
  }

  /** The token with exactly this text. */
  idOf(text: string): number | undefined {
    if (text.length > this.longestBytes) return undefined;
    return this.table.find(this.looked, 0, encoder.encodeInto(text, this.looked).written);
  }

  /** The token whose text is exactly these bytes. */
  idOfBytes(bytes: Uint8Array, start: number, end: number): number | undefined {
    return this.table.find(bytes, start, end);
  }

  /** Whether any of the `TokenKind` bits are set. */
  is(id: number, kinds: number): boolean {
    return ((this.kinds[id] ?? 0) & kinds) !== 0;
  }

  /** Text of a token. @throws LocalLLMError bad-argument for an id outside the vocabulary */
  textOf(id: number): string {
    const end = this.texts.ends[id];
    if (end === undefined) {
      throw new LocalLLMError('bad-argument', `Token id ${id} is outside the vocabulary of ${this.size} tokens.`);
    }
    return decoder.decode(this.texts.bytes.subarray(end - this.byteLengthOf(id), end));
  }

  /** How many bytes a token's text has. */
  byteLengthOf(id: number): number {
    return this.texts.ends[id]! - (id === 0 ? 0 : this.texts.ends[id - 1]!);
  }
}

/** llama.cpp gives empty texts a name that cannot be met in a text. */
function named(texts: TextList): TextList {
  const { bytes, ends } = texts;
  const isEmpty = (id: number) => ends[id] === (id === 0 ? 0 : ends[id - 1]);
  if (!ends.some((_, id) => isEmpty(id))) return texts;
  const parts: Uint8Array[] = [];
  const moved = new Uint32Array(ends.length);
  let total = 0;
  for (let id = 0, start = 0; id < ends.length; start = ends[id++]!) {
    const part = isEmpty(id) ? encoder.encode(`[EMPTY_${id}]`) : bytes.subarray(start, ends[id]);
    parts.push(part);
    total += part.length;
    moved[id] = total;
  }
  const all = new Uint8Array(total);
  parts.forEach((part, id) => all.set(part, moved[id]! - part.length));
  return { bytes: all, ends: moved };
}
