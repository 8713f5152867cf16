/**
 * Text ↔ token ids, as the model's GGUF file describes it and llama.cpp does it.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { type DecodeOptions, type StreamDecoder, StreamingDecoder, TokenBytes } from './decoder.ts';
import { readBoolean, type VocabularyMetadata } from './metadata.ts';
import { Partitioner, type TextPart } from './partition.ts';
import { chooseScheme, type Encoder } from './schemes.ts';
import { findSpecialIds, markStripping } from './special-ids.ts';
import { Vocabulary } from './vocabulary.ts';

export type { DecodeOptions, StreamDecoder } from './decoder.ts';
export type { VocabularyMetadata } from './metadata.ts';
export type { TextPart } from './partition.ts';

export interface EncodeOptions {
  /** Texts of control tokens, such as `<|im_end|>`, become those tokens. Default false: they stay text. */
  special?: boolean;
  /** Begin with the token that begins a text. Default: as the file asks. */
  addBos?: boolean;
  /** End with the token that ends a text. Default: as the file asks. */
  addEos?: boolean;
}

export interface Tokenizer {
  readonly vocabSize: number;
  readonly bosId?: number;
  readonly eosId?: number;
  /** Tokens at which generation ends. */
  readonly eogIds: ReadonlySet<number>;
  readonly addBos: boolean;
  readonly addEos: boolean;
  /** Lone surrogates are taken as U+FFFD. */
  encode(text: string, options?: EncodeOptions): number[];
  /** The ids of the parts' joined text; control tokens are found only in parts that are `special`. */
  encodeParts(parts: readonly TextPart[], options?: Omit<EncodeOptions, 'special'>): number[];
  /** The vocabulary's own text of a token. @throws LocalLLMError bad-argument for an id outside the vocabulary */
  piece(id: number): string;
  /** What a token stands for amid a text; bytes that are no characters show as U+FFFD. */
  text(id: number, options?: { special?: boolean }): string;
  /** What a token stands for. Control tokens are empty unless `special`. */
  bytes(id: number, special?: boolean): Uint8Array;
  decode(ids: readonly number[], options?: DecodeOptions): string;
  decoder(options?: DecodeOptions): StreamDecoder;
}

class GgufTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly bosId?: number;
  readonly eosId?: number;
  readonly eogIds: ReadonlySet<number>;
  readonly addBos: boolean;
  readonly addEos: boolean;
  private readonly vocabulary: Vocabulary;
  private readonly encoder: Encoder;
  private readonly spm: boolean;
  private readonly addSpacePrefix: boolean;
  private readonly partitioner: Partitioner;
  private readonly tokenBytes: TokenBytes;

  constructor(metadata: VocabularyMetadata) {
    const scheme = chooseScheme(metadata);
    const vocabulary = new Vocabulary(metadata);
    const ids = findSpecialIds(metadata, vocabulary, scheme.defaults);
    markStripping(metadata, vocabulary);
    this.vocabulary = vocabulary;
    this.encoder = scheme.makeEncoder(vocabulary);
    this.spm = scheme.spm;
    this.vocabSize = vocabulary.size;
    if (ids.bosId !== undefined) this.bosId = ids.bosId;
    if (ids.eosId !== undefined) this.eosId = ids.eosId;
    this.eogIds = ids.eogIds;
    const asksForBos = readBoolean(metadata, 'tokenizer.ggml.add_bos_token') ?? scheme.addBos;
    this.addBos = scheme.addBos === 'always' || asksForBos === true;
    this.addEos = readBoolean(metadata, 'tokenizer.ggml.add_eos_token') ?? false;
    this.addSpacePrefix = readBoolean(metadata, 'tokenizer.ggml.add_space_prefix') ?? scheme.spm;
    this.partitioner = new Partitioner(vocabulary);
    this.tokenBytes = new TokenBytes(vocabulary, scheme.plain);
    const missing =
      (this.addBos && ids.bosId === undefined && 'begin') || (this.addEos && ids.eosId === undefined && 'end');
    if (missing) {
      throw new LocalLLMError(
        'bad-file',
        `The file asks to ${missing} texts with a token but names none within its ${vocabulary.size}. Convert the model anew.`,
      );
    }
  }

  encode(text: string, { special = false, ...options }: EncodeOptions = {}): number[] {
    return this.encodeParts([{ text, special }], options);
  }

  encodeParts(parts: readonly TextPart[], options: Omit<EncodeOptions, 'special'> = {}): number[] {
    const ids: number[] = [];
    if (options.addBos ?? this.addBos) ids.push(this.wanted(this.bosId, 'addBos'));
    let afterSpecial = true;
    const wellFormed = parts.map(({ text, special }) => ({ text: text.toWellFormed(), special }));
    for (const fragment of this.partitioner.partition(wellFormed)) {
      if ('id' in fragment) {
        ids.push(fragment.id);
        afterSpecial = true;
        continue;
      }
      this.encodeFragment(fragment.text, afterSpecial, ids);
      afterSpecial = false;
    }
    if (options.addEos ?? this.addEos) ids.push(this.wanted(this.eosId, 'addEos'));
    return ids;
  }

  private encodeFragment(text: string, afterSpecial: boolean, ids: number[]): void {
    if (!this.spm) {
      this.encoder.encode(text, ids);
      return;
    }
    const prefix = this.addSpacePrefix && afterSpecial ? ' ' : '';
    this.encoder.encode((prefix + text).replaceAll(' ', '▁'), ids);
  }

  private wanted(id: number | undefined, option: string): number {
    if (id !== undefined) return id;
    throw new LocalLLMError('bad-argument', `${option} is true, but this model has no such token. Leave it out.`);
  }

  piece(id: number): string {
    return this.vocabulary.textOf(id);
  }

  text(id: number, options: { special?: boolean } = {}): string {
    return this.decode([id], { ...options, continues: true });
  }

  bytes(id: number, special = false): Uint8Array {
    return this.tokenBytes.of(id, special).slice();
  }

  decode(ids: readonly number[], options: DecodeOptions = {}): string {
    const decoder = this.decoder(options);
    let text = '';
    for (const id of ids) text += decoder.push(id);
    return text + decoder.flush();
  }

  decoder({ special = false, continues = false }: DecodeOptions = {}): StreamDecoder {
    return new StreamingDecoder(this.tokenBytes, special, this.addSpacePrefix && !continues);
  }
}

/**
 * The tokenizer that a GGUF file describes.
 *
 * @throws LocalLLMError not-supported naming the tokenizer model or pre-tokenizer that is not known; bad-file for a damaged vocabulary
 */
export function createTokenizer(metadata: VocabularyMetadata): Tokenizer {
  return new GgufTokenizer(metadata);
}
