/**
 * Tokens of a GGUF vocabulary: texts, scores, kinds.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import { readNumbers, readTokens, type VocabularyMetadata } from './metadata.ts';

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

export class Vocabulary {
  readonly texts: readonly string[];
  /** Bits of `TokenKind` per token. */
  readonly kinds: Uint8Array;
  /** SPM's log-probabilities; zeros where the file has none. */
  readonly scores: Float64Array;
  /** UTF-16 units of the longest token text. */
  readonly longestText: number;
  private readonly idOfText = new Map<string, number>();

  /** @throws LocalLLMError bad-file for missing, oversized, empty or duplicate entries */
  constructor(metadata: VocabularyMetadata) {
    const texts = readTokens(metadata);
    if (texts.length === 0)
      throw new LocalLLMError('bad-file', 'The file has an empty vocabulary. Convert the model anew.');
    const types = readNumbers(metadata, 'tokenizer.ggml.token_type', texts.length);
    this.scores = readNumbers(metadata, 'tokenizer.ggml.scores', texts.length) ?? new Float64Array(texts.length);
    this.kinds = new Uint8Array(texts.length);
    // llama.cpp gives empty texts this name too: they cannot be met in a text.
    this.texts = texts.map((text, id) => (text === '' ? `[EMPTY_${id}]` : text));
    let longest = 0;
    for (let id = 0; id < this.texts.length; id++) {
      const text = this.texts[id]!;
      longest = Math.max(longest, text.length);
      const known = this.idOfText.size;
      this.idOfText.set(text, id);
      // Texts that are no UTF-8 were decoded with replacement characters and may coincide.
      if (this.idOfText.size === known && !text.includes('\ufffd')) {
        throw new LocalLLMError(
          'bad-file',
          `The file's vocabulary is damaged: tokens ${this.texts.indexOf(text)} and ${id} are both ${quoted(text)}. Convert the model anew.`,
        );
      }
      this.kinds[id] = types === undefined ? TokenKind.NORMAL : (KIND_OF_TYPE[types[id] ?? 0] ?? 0);
    }
    this.longestText = longest;
  }

  get size(): number {
    return this.texts.length;
  }

  /** The token with exactly this text. */
  idOf(text: string): number | undefined {
    return this.idOfText.get(text);
  }

  /** Whether any of the `TokenKind` bits are set. */
  is(id: number, kinds: number): boolean {
    return ((this.kinds[id] ?? 0) & kinds) !== 0;
  }

  /** Text of a token. @throws LocalLLMError bad-argument for an id outside the vocabulary */
  textOf(id: number): string {
    const text = this.texts[id];
    if (text === undefined) {
      throw new LocalLLMError('bad-argument', `Token id ${id} is outside the vocabulary of ${this.size} tokens.`);
    }
    return text;
  }
}
