/**
 * Typed, bounded reading of the `tokenizer.*` keys of a GGUF file's metadata.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';

/** Texts as UTF-8, one after another. */
export interface TextList {
  readonly bytes: Uint8Array;
  /** Where each one ends, bytes. */
  readonly ends: Uint32Array;
}

/** What the tokenizer needs of a GGUF file's metadata: arrays of strings are {@link TextList}s, others may be plain or typed, integers numbers or bigints. */
export interface VocabularyMetadata {
  get(key: string): { readonly value: unknown } | undefined;
}

/** Limits a hostile file runs into before memory does. */
export const MAX_TOKENS = 320 * 1024;
export const MAX_MERGES = 1 << 19;
/** Texts that occur in merges and are no tokens; sound vocabularies have hardly any. */
export const MAX_EXTRA_TEXTS = 1 << 14;
/** Of one token's text; the time that SPM takes for a text grows with the longest. Known ones end at 768. */
export const MAX_TOKEN_BYTES = 1 << 11;
/** Of one merge: two tokens and the space between. */
const MAX_MERGE_BYTES = 2 * MAX_TOKEN_BYTES + 1;
/** Tokens that are looked for in every text before it is encoded. Known files have at most some thousands. */
export const MAX_SPECIAL_TOKENS = 1 << 16;
/** UTF-16 units of all of them. */
export const MAX_SPECIAL_CHARS = 1 << 20;

export function badFile(key: string, problem: string): LocalLLMError {
  return new LocalLLMError(
    'bad-file',
    `The file's vocabulary is damaged: ${key} ${problem}. Download the model again or convert it anew.`,
  );
}

function describe(value: unknown): string {
  if (value === undefined) return 'is missing';
  if (isTextList(value)) return 'is an array of strings';
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return 'is an array of something else';
  if (typeof value === 'string') return `is the text ${quoted(value)}`;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return `is ${value}`;
  return `is of type ${typeof value}`;
}

/** @throws LocalLLMError bad-file when the value is there and no string */
export function readString(metadata: VocabularyMetadata, key: string): string | undefined {
  const value = metadata.get(key)?.value;
  if (value === undefined || typeof value === 'string') return value;
  throw badFile(key, `should be a string but ${describe(value)}`);
}

/** @throws LocalLLMError bad-file when the value is there and no boolean */
export function readBoolean(metadata: VocabularyMetadata, key: string): boolean | undefined {
  const value = metadata.get(key)?.value;
  if (value === undefined || typeof value === 'boolean') return value;
  throw badFile(key, `should be true or false but ${describe(value)}`);
}

/** @throws LocalLLMError bad-file when the value is there and no integer below `limit` */
export function readTokenId(metadata: VocabularyMetadata, key: string, limit: number): number | undefined {
  const value = metadata.get(key)?.value;
  if (value === undefined) return undefined;
  const id = typeof value === 'bigint' ? Number(value) : value;
  // Writers store "none" as -1 or 2^32-1.
  if (id === -1 || id === 0xffff_ffff) return undefined;
  if (typeof id !== 'number' || !Number.isInteger(id))
    throw badFile(key, `should be a token id but ${describe(value)}`);
  if (id < 0 || id >= limit) throw badFile(key, `is ${id}, outside the vocabulary of ${limit} tokens`);
  return id;
}

/** @throws LocalLLMError bad-file when missing, too many, or not all texts of tokens */
export function readTokens(metadata: VocabularyMetadata): TextList {
  return readTexts(metadata, 'tokenizer.ggml.tokens', MAX_TOKENS, MAX_TOKEN_BYTES);
}

/** @throws LocalLLMError bad-file when missing, too many, or not all texts of merges */
export function readMerges(metadata: VocabularyMetadata): TextList {
  return readTexts(metadata, 'tokenizer.ggml.merges', MAX_MERGES, MAX_MERGE_BYTES);
}

function readTexts(metadata: VocabularyMetadata, key: string, maxLength: number, maxBytes: number): TextList {
  const value = metadata.get(key)?.value;
  if (!isTextList(value)) throw badFile(key, `should be an array of strings but ${describe(value)}`);
  const { ends } = value;
  if (ends.length > maxLength) throw badFile(key, `has ${ends.length} entries, more than ${maxLength}`);
  for (let i = 0, start = 0; i < ends.length; start = ends[i++]!) {
    const length = ends[i]! - start;
    if (length > maxBytes) throw badFile(key, `has an entry ${i} of ${length} bytes, more than ${maxBytes}`);
  }
  return value;
}

function isTextList(value: unknown): value is TextList {
  if (typeof value !== 'object' || value === null || !('bytes' in value) || !('ends' in value)) return false;
  return value.bytes instanceof Uint8Array && value.ends instanceof Uint32Array;
}

/** Numbers of an array of at least `length` entries. @throws LocalLLMError bad-file when too short or not all finite numbers */
export function readNumbers(metadata: VocabularyMetadata, key: string, length: number): Float64Array | undefined {
  const value = metadata.get(key)?.value;
  if (value === undefined) return undefined;
  const list = value as ArrayLike<unknown>;
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && 'length' in value)) {
    throw badFile(key, `should be an array of numbers but ${describe(value)}`);
  }
  if (list.length < length) throw badFile(key, `has ${list.length} entries for ${length} tokens`);
  const numbers = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const item = list[i];
    const number = typeof item === 'bigint' ? Number(item) : item;
    if (typeof number !== 'number' || !Number.isFinite(number)) {
      throw badFile(key, `should hold finite numbers but entry ${i} ${describe(item)}`);
    }
    numbers[i] = number;
  }
  return numbers;
}
