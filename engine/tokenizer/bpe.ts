/**
 * BPE: words → bytes, or characters where the vocabulary is plain → merges by rank. Follows llama.cpp's
 * `llm_tokenizer_bpe_session`.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import { byteText, CHAR_OF_BYTE } from './byte-alphabet.ts';
import { MAX_EXTRA_TEXTS, MAX_TOKEN_BYTES, readMerges, type VocabularyMetadata } from './metadata.ts';
import { Merger, type SymbolPairs } from './merger.ts';
import { PairTable } from './pair-table.ts';
import { type PreTokenizer, splitWords } from './pre-tokenizers.ts';
import { TokenKind, type Vocabulary } from './vocabulary.ts';

/** Words remembered, and the longest of them. */
const CACHED_WORDS = 1 << 13;
const CACHED_WORD_CHARS = 48;
const LINE_BREAKS = /^\n+$/;
const UTF8 = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const SPACE = 32;

/** The symbol of a text: a token's id, or an id past the vocabulary for texts that only occur inside merges. */
class Symbols {
  readonly extraTexts: string[] = [];
  private readonly extra = new Map<string, number>();
  private readonly vocabulary: Vocabulary;

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Undefined for a text that is neither a token nor in a merge. */
  find(text: string): number | undefined {
    return this.vocabulary.idOf(text) ?? this.extra.get(text);
  }

  of(text: string): number {
    return this.find(text) ?? this.add(text);
  }

  ofBytes(bytes: Uint8Array, start: number, end: number): number {
    return this.vocabulary.idOfBytes(bytes, start, end) ?? this.of(decoder.decode(bytes.subarray(start, end)));
  }

  private add(text: string): number {
    if (this.extraTexts.length === MAX_EXTRA_TEXTS) {
      throw new LocalLLMError(
        'bad-file',
        `The file's vocabulary is damaged: tokenizer.ggml.merges names more than ${MAX_EXTRA_TEXTS} texts that are no tokens, such as ${quoted(text)}. Convert the model anew.`,
      );
    }
    const symbol = this.vocabulary.size + this.extraTexts.length;
    this.extraTexts.push(text);
    this.extra.set(text, symbol);
    return symbol;
  }
}

export class BpeEncoder implements SymbolPairs {
  private readonly vocabulary: Vocabulary;
  private readonly preTokenizer: PreTokenizer;
  private readonly ranks: PairTable;
  /** Symbol that a merge makes, by rank. */
  private readonly merged: Int32Array;
  /** Empty for plain vocabularies. */
  private readonly symbolOfByte: Int32Array;
  private readonly symbols: Symbols;
  private readonly merger = new Merger();
  private readonly cache = new Map<string, readonly number[]>();
  /** Symbols of the word being merged. */
  private word = new Int32Array(64);

  /** @throws LocalLLMError bad-file for missing or damaged merges */
  constructor(metadata: VocabularyMetadata, vocabulary: Vocabulary, pre: PreTokenizer) {
    this.vocabulary = vocabulary;
    this.preTokenizer = pre;
    this.symbols = new Symbols(vocabulary);
    const { bytes, ends } = readMerges(metadata);
    this.merged = new Int32Array(ends.length);
    this.ranks = new PairTable(ends.length);
    const joined = new Uint8Array(2 * MAX_TOKEN_BYTES);
    for (let rank = 0, start = 0; rank < ends.length; start = ends[rank++]!) {
      const end = ends[rank]!;
      let space = start + 1;
      while (space < end && bytes[space] !== SPACE) space++;
      if (space >= end - 1) {
        throw new LocalLLMError(
          'bad-file',
          `The file's vocabulary is damaged: merge ${rank} is ${quoted(decoder.decode(bytes.subarray(start, end)))}, not two texts. Convert the model anew.`,
        );
      }
      let length = 0;
      for (let at = start; at < end; at++) if (at !== space) joined[length++] = bytes[at]!;
      const symbol = this.symbols.ofBytes(joined, 0, length);
      this.merged[rank] = symbol;
      // A text must never become a control token by merging: those come from `special` texts alone.
      if (!vocabulary.is(symbol, TokenKind.CONTROL | TokenKind.UNKNOWN)) {
        const left = this.symbols.ofBytes(bytes, start, space);
        this.ranks.add(left, this.symbols.ofBytes(bytes, space + 1, end), rank);
      }
    }
    this.symbolOfByte = Int32Array.from(pre.plain ? [] : CHAR_OF_BYTE, (char) => this.symbols.of(char));
  }

  /** Appends the ids of a text without special tokens. */
  encode(text: string, output: number[]): void {
    const written = this.preTokenizer.plain ? text.replaceAll(' ', '▁') : text;
    for (const word of splitWords(written, this.preTokenizer.patterns)) {
      if (word.length > CACHED_WORD_CHARS) {
        this.encodeWord(word, output);
        continue;
      }
      let ids = this.cache.get(word);
      if (ids === undefined) {
        const fresh: number[] = [];
        this.encodeWord(word, fresh);
        if (this.cache.size >= CACHED_WORDS) this.cache.clear();
        this.cache.set(word, fresh);
        ids = fresh;
      }
      for (const id of ids) output.push(id);
    }
  }

  rank(left: number, right: number): number {
    return this.ranks.get(this.word[left]!, this.word[right]!);
  }

  join(left: number, right: number): void {
    this.word[left] = this.merged[this.rank(left, right)]!;
  }

  private encodeWord(word: string, output: number[]): void {
    const whole = this.wholeWord(word);
    if (whole !== undefined) {
      output.push(whole);
      return;
    }
    if (this.word.length < word.length * 3 || this.word.length > 1 << 16) {
      this.word = new Int32Array(Math.max(64, word.length * 3));
    }
    const count = this.preTokenizer.plain ? this.loadCharacters(word) : this.loadBytes(word);
    this.merger.merge(count, this, (index) => this.emit(this.word[index]!, output));
  }

  private loadBytes(word: string): number {
    const bytes = UTF8.encode(word);
    for (let i = 0; i < bytes.length; i++) this.word[i] = this.symbolOfByte[bytes[i]!]!;
    return bytes.length;
  }

  private loadCharacters(word: string): number {
    let count = 0;
    // A character that nothing knows merges with nothing: its symbol only has to tell which it is, below PairTable's -1.
    for (const char of word) this.word[count++] = this.symbols.find(char) ?? -2 - char.codePointAt(0)!;
    return count;
  }

  private wholeWord(word: string): number | undefined {
    const { wholeWords, plain } = this.preTokenizer;
    if (wholeWords === 'none' || (wholeWords === 'line-breaks' && !LINE_BREAKS.test(word))) return undefined;
    if (word.length > this.vocabulary.longestBytes) return undefined;
    let text = plain ? word : '';
    if (!plain) for (const byte of UTF8.encode(word)) text += CHAR_OF_BYTE[byte];
    const id = this.vocabulary.idOf(text);
    return id !== undefined && this.vocabulary.is(id, TokenKind.CONTROL | TokenKind.UNKNOWN) ? undefined : id;
  }

  /** Tokens of a symbol: itself, or what of its bytes are tokens; llama.cpp drops the others too. */
  private emit(symbol: number, output: number[]): void {
    if (symbol >= 0 && symbol < this.vocabulary.size) {
      output.push(symbol);
      return;
    }
    const text =
      symbol < 0 ? String.fromCodePoint(-2 - symbol) : this.symbols.extraTexts[symbol - this.vocabulary.size]!;
    for (const byte of UTF8.encode(text)) {
      // Byte by byte llama.cpp finds the tokens of ASCII characters alone.
      const name = this.preTokenizer.plain ? byteText(byte) : byte < 128 ? String.fromCharCode(byte) : undefined;
      const id = name === undefined ? undefined : this.vocabulary.idOf(name);
      if (id !== undefined) output.push(id);
    }
  }
}
