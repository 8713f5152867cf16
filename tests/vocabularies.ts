/**
 * Small vocabularies, as a GGUF file's reader gives them.
 *
 * @module
 */
import { StringList } from '../engine/gguf/string-list.ts';
import { CHAR_OF_BYTE } from '../engine/tokenizer/byte-alphabet.ts';
import type { VocabularyMetadata } from '../engine/tokenizer/metadata.ts';

/** As a GGUF file's reader gives it. */
export function metadataOf(values: Record<string, unknown>): VocabularyMetadata {
  const read = (value: unknown) => (isTexts(value) ? textList(value) : value);
  return { get: (key) => (key in values ? { value: read(values[key]) } : undefined) };
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** 256 bytes, then what the merges make, then two control tokens and a user-defined one. */
export const MERGES = ['h e', 'l l', 'he ll', 'hell o', 'Ġ w', 'a a', 'aa aa', '< |', 'x y'];
const MERGED = ['he', 'll', 'hell', 'hello', 'Ġw', 'aa', 'aaaa', '<|'];
export const BPE: Record<string, unknown> = {
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': 'qwen2',
  'tokenizer.ggml.tokens': [...CHAR_OF_BYTE, ...MERGED, '<|im_start|>', '<|im_end|>', '<tool>'],
  'tokenizer.ggml.token_type': Int32Array.from([...Array<number>(264).fill(1), 3, 3, 4]),
  'tokenizer.ggml.merges': MERGES,
  'tokenizer.ggml.bos_token_id': 264,
  'tokenizer.ggml.eos_token_id': 265n,
};
export const [IM_START, IM_END, TOOL] = [264, 265, 266];

const BYTE_TOKENS = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const SPM_TEXTS = ['▁', 'a', 'b', 'ab', '▁a', '▁ab', 'bc', '[X]'];
export const SPM: Record<string, unknown> = {
  'tokenizer.ggml.model': 'llama',
  'tokenizer.ggml.tokens': ['<unk>', '<s>', '</s>', ...BYTE_TOKENS, ...SPM_TEXTS],
  'tokenizer.ggml.token_type': [2, 3, 3, ...Array<number>(256).fill(6), ...Array<number>(7).fill(1), 4],
  'tokenizer.ggml.scores': Float32Array.from([0, 0, 0, ...Array<number>(256).fill(0), -9, -9, -9, -3, -2, -1, -5, 0]),
};

function textList(texts: readonly string[]): StringList {
  const parts = texts.map((text) => new TextEncoder().encode(text));
  let end = 0;
  const ends = Uint32Array.from(parts, ({ length }) => (end += length));
  return new StringList(Buffer.concat(parts), ends);
}
