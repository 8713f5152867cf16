/**
 * Typed access to the key-value pairs of a GGUF file.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { StringList } from './string-list.ts';

/** Value types by their number in the file. */
export const VALUE_TYPES = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const;
export type ValueType = (typeof VALUE_TYPES)[number];
export type ItemType = Exclude<ValueType, 'array'>;

export type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** One value as the file holds it. 64-bit integers stay bigint here. */
export type MetadataValue =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'uint64' | 'int64'; readonly value: bigint }
  | { readonly type: Exclude<ItemType, 'string' | 'bool' | 'uint64' | 'int64'>; readonly value: number }
  | { readonly type: 'array'; readonly itemType: 'string'; readonly value: StringList }
  | { readonly type: 'array'; readonly itemType: 'bool'; readonly value: readonly boolean[] }
  | { readonly type: 'array'; readonly itemType: 'uint64' | 'int64'; readonly value: BigUint64Array | BigInt64Array }
  | {
      readonly type: 'array';
      readonly itemType: Exclude<ItemType, 'string' | 'bool' | 'uint64' | 'int64'>;
      readonly value: NumberArray;
    };

/**
 * The key-value pairs of a file. Each accessor throws `bad-file` where the key has another type,
 * and where it is absent and no default was given.
 */
export class Metadata {
  readonly #values: ReadonlyMap<string, MetadataValue>;

  constructor(values: ReadonlyMap<string, MetadataValue>) {
    this.#values = values;
  }

  get size(): number {
    return this.#values.size;
  }
  has(key: string): boolean {
    return this.#values.has(key);
  }
  /** The value as it is in the file. */
  get(key: string): MetadataValue | undefined {
    return this.#values.get(key);
  }
  /** In the file's order. */
  entries(): IterableIterator<[string, MetadataValue]> {
    return this.#values.entries();
  }

  string(key: string, fallback?: string): string {
    const found = this.#find(key, fallback);
    if (found === undefined) return fallback as string;
    if (found.type !== 'string') throw wrongType(key, found, 'string');
    return found.value;
  }

  boolean(key: string, fallback?: boolean): boolean {
    const found = this.#find(key, fallback);
    if (found === undefined) return fallback as boolean;
    if (found.type !== 'bool') throw wrongType(key, found, 'bool');
    return found.value;
  }

  /** Any integer or float type; a 64-bit integer must be exact as a number. */
  number(key: string, fallback?: number): number {
    const found = this.#find(key, fallback);
    if (found === undefined) return fallback as number;
    if (typeof found.value === 'bigint') return exact(key, found.value);
    if (typeof found.value !== 'number') throw wrongType(key, found, 'number');
    return found.value;
  }

  strings(key: string, fallback?: readonly string[]): readonly string[] {
    const found = this.#find(key, fallback);
    if (found === undefined) return fallback as readonly string[];
    if (found.type !== 'array' || found.itemType !== 'string') throw wrongType(key, found, 'array of string');
    return [...found.value];
  }

  /** An array of any integer or float type. 64-bit integers must be exact as numbers. */
  numbers(key: string, fallback?: ArrayLike<number>): ArrayLike<number> {
    const found = this.#find(key, fallback);
    if (found === undefined) return fallback as ArrayLike<number>;
    if (found.type !== 'array' || found.itemType === 'string' || found.itemType === 'bool') {
      throw wrongType(key, found, 'array of numbers');
    }
    if (found.itemType === 'uint64' || found.itemType === 'int64') {
      return Float64Array.from(found.value as Iterable<bigint>, (value) => exact(key, value));
    }
    return found.value as NumberArray;
  }

  #find(key: string, fallback: unknown): MetadataValue | undefined {
    const found = this.#values.get(key);
    if (found === undefined && fallback === undefined) {
      throw new LocalLLMError(
        'bad-file',
        `GGUF: the key ${key} is missing, and the model cannot be read without it. Get the file from another place, or convert the model again.`,
      );
    }
    return found;
  }
}

function exact(key: string, value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
    throw new LocalLLMError(
      'bad-file',
      `GGUF: ${key} is ${value}; the limit is ±${Number.MAX_SAFE_INTEGER}. The file is damaged or made to do harm: get it from another place.`,
    );
  }
  return Number(value);
}

function wrongType(key: string, found: MetadataValue, expected: string): LocalLLMError {
  const type = found.type === 'array' ? `array of ${found.itemType}` : found.type;
  return new LocalLLMError(
    'bad-file',
    `GGUF: ${key} has type ${type}; expected ${expected}. Convert the model again, or get it from another place.`,
  );
}
