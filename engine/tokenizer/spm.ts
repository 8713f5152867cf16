/**
 * SentencePiece's unigram-scored bigram merging with byte fallback. Follows llama.cpp's `llm_tokenizer_spm_session`.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import { byteText } from './byte-alphabet.ts';
import { Merger, type SymbolPairs } from './merger.ts';
import { TokenKind, type Vocabulary } from './vocabulary.ts';

const UTF8 = new TextEncoder();

export class SpmEncoder implements SymbolPairs {
  private readonly vocabulary: Vocabulary;
  /** Order of the tokens by falling score; equal scores share a rank. */
  private readonly rankOfId: Int32Array;
  private readonly merger = new Merger();
  /** The text that is being encoded, UTF-8. */
  private bytes = new Uint8Array(0);
  /** Each symbol's first and past-last byte of it. */
  private starts = new Int32Array(0);
  private ends = new Int32Array(0);

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
    const { scores } = vocabulary;
    const order = Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
    this.rankOfId = new Int32Array(scores.length);
    let rank = 0;
    for (let i = 0; i < order.length; i++) {
      if (i > 0 && scores[order[i]!] !== scores[order[i - 1]!]) rank++;
      this.rankOfId[order[i]!] = rank;
    }
  }

  /** Appends the ids of a text in which spaces are already `▁`. */
  encode(text: string, output: number[]): void {
    this.bytes = UTF8.encode(text);
    this.starts = new Int32Array(this.bytes.length);
    this.ends = new Int32Array(this.bytes.length);
    let count = 0;
    for (let at = 0; at < this.bytes.length;) {
      this.starts[count] = at;
      at += bytesOfCharacter(this.bytes[at]!);
      this.ends[count++] = at;
    }
    this.merger.merge(count, this, (symbol) => this.emit(this.starts[symbol]!, this.ends[symbol]!, output));
    this.bytes = new Uint8Array(0);
  }

  rank(left: number, right: number): number {
    const start = this.starts[left]!;
    const end = this.ends[right]!;
    if (end - start > this.vocabulary.longestBytes) return -1;
    const id = this.vocabulary.idOfBytes(this.bytes, start, end);
    // A text must never become a control token by merging: those come from `special` texts alone.
    if (id === undefined || this.vocabulary.is(id, TokenKind.CONTROL | TokenKind.UNKNOWN)) return -1;
    return this.rankOfId[id]!;
  }

  join(left: number, right: number): void {
    this.ends[left] = this.ends[right]!;
  }

  private emit(start: number, end: number, output: number[]): void {
    const id = this.vocabulary.idOfBytes(this.bytes, start, end);
    if (id !== undefined) {
      output.push(id);
      return;
    }
    for (let at = start; at < end; at++) {
      const name = byteText(this.bytes[at]!);
      const byteId = this.vocabulary.idOf(name) ?? this.vocabulary.idOfBytes(this.bytes, at, at + 1);
      if (byteId === undefined) {
        const text = new TextDecoder().decode(this.bytes.subarray(start, end));
        throw new LocalLLMError(
          'bad-file',
          `The file's vocabulary has neither ${quoted(text)} nor the byte token ${name}. Convert the model anew.`,
        );
      }
      output.push(byteId);
    }
  }
}

/** By its first byte. */
function bytesOfCharacter(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
