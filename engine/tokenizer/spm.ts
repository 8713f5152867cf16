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
  private text = '';
  /** Each symbol's first and past-last UTF-16 unit in `text`. */
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
    this.text = text;
    this.starts = new Int32Array(text.length);
    this.ends = new Int32Array(text.length);
    let count = 0;
    for (let i = 0; i < text.length;) {
      this.starts[count] = i;
      i += text.codePointAt(i)! > 0xffff ? 2 : 1;
      this.ends[count++] = i;
    }
    this.merger.merge(count, this, (symbol) => this.emit(text.slice(this.starts[symbol], this.ends[symbol]), output));
    this.text = '';
  }

  rank(left: number, right: number): number {
    const start = this.starts[left]!;
    const end = this.ends[right]!;
    if (end - start > this.vocabulary.longestText) return -1;
    const id = this.vocabulary.idOf(this.text.slice(start, end));
    // A text must never become a control token by merging: those come from `special` texts alone.
    if (id === undefined || this.vocabulary.is(id, TokenKind.CONTROL | TokenKind.UNKNOWN)) return -1;
    return this.rankOfId[id]!;
  }

  join(left: number, right: number): void {
    this.ends[left] = this.ends[right]!;
  }

  private emit(text: string, output: number[]): void {
    const id = this.vocabulary.idOf(text);
    if (id !== undefined) {
      output.push(id);
      return;
    }
    for (const byte of UTF8.encode(text)) {
      const byteId = this.vocabulary.idOf(byteText(byte)) ?? this.vocabulary.idOf(String.fromCharCode(byte));
      if (byteId === undefined) {
        throw new LocalLLMError(
          'bad-file',
          `The file's vocabulary has neither ${quoted(text)} nor the byte token ${byteText(byte)}. Convert the model anew.`,
        );
      }
      output.push(byteId);
    }
  }
}
