/**
 * Which way of tokenizing a file asks for: `tokenizer.ggml.model` and `tokenizer.ggml.pre`.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import { BpeEncoder } from './bpe.ts';
import { readString, type VocabularyMetadata } from './metadata.ts';
import { PRE_TOKENIZERS, preTokenizer } from './pre-tokenizers.ts';
import { SpmEncoder } from './spm.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface Encoder {
  /** Appends the ids of a text without special tokens. */
  encode(text: string, output: number[]): void;
}

/** What `tokenizer.ggml.model` decides. */
export interface Scheme {
  makeEncoder(vocabulary: Vocabulary): Encoder;
  /** Ids where the file names none; llama.cpp's. */
  defaults: { bos?: number; eos?: number };
  /** Where the file does not say; `always`: whatever it says. */
  addBos: boolean | 'always';
  /** Texts are encoded with `▁` for spaces, and one before them. */
  spm: boolean;
  /** Tokens' texts are written in their own characters with `▁` for spaces, not in the alphabet of bytes. */
  plain: boolean;
}

/** What other tokenizers of GGUF files are. */
const REFUSED: Readonly<Record<string, string>> = {
  bert: 'WPM, the WordPiece of BERT and embedding models',
  t5: 'UGM, the unigrams of T5 and XLM-R',
  rwkv: 'RWKV, the greedy words of RWKV models',
  plamo2: 'PLaMo-2, a table of suffixes',
  hybriddna: 'BPE mixed with k-mers of DNA',
  whitespace: 'BPE of embedding models over words parted by white space',
  no_vocab: 'no vocabulary at all',
  none: 'no vocabulary at all',
};

/** @throws LocalLLMError bad-file when the file names none, not-supported naming the one that is not known */
export function chooseScheme(metadata: VocabularyMetadata): Scheme {
  const model = readString(metadata, 'tokenizer.ggml.model');
  if (model === undefined) {
    throw new LocalLLMError(
      'bad-file',
      'The file names no tokenizer: tokenizer.ggml.model is missing. Convert the model anew.',
    );
  }
  if (model === 'llama') {
    const makeEncoder = (vocabulary: Vocabulary) => new SpmEncoder(vocabulary);
    return { makeEncoder, defaults: { bos: 1, eos: 2 }, addBos: true, spm: true, plain: true };
  }
  if (model !== 'gpt2' && model !== 'gemma4') {
    const known = Object.hasOwn(REFUSED, model) ? ` (${REFUSED[model]})` : '';
    throw new LocalLLMError(
      'not-supported',
      `The file's tokenizer, tokenizer.ggml.model, is ${quoted(model)}${known}; supported are "gpt2" (BPE), ` +
        '"llama" (SPM) and "gemma4" (BPE). Choose a chat model of another family, such as Llama, Qwen, Gemma or Mistral.',
    );
  }
  const name = model === 'gemma4' ? 'gemma4' : (readString(metadata, 'tokenizer.ggml.pre') ?? '');
  const pre = preTokenizer(name);
  if (pre === undefined) {
    throw new LocalLLMError(
      'not-supported',
      `The file's pre-tokenizer, tokenizer.ggml.pre, is ${quoted(name)}; supported are ${PRE_TOKENIZERS.join(', ')}. Choose another model.`,
    );
  }
  const bos = pre.noDefaultBos ? {} : { bos: 11 };
  return {
    makeEncoder: (vocabulary) => new BpeEncoder(metadata, vocabulary, pre),
    defaults: model === 'gemma4' ? {} : { ...bos, eos: 11 },
    addBos: pre.addBos,
    spm: false,
    plain: pre.plain,
  };
}
