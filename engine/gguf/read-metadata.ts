/**
 * Reads the key-value pairs of a GGUF header, refusing what no honest writer makes.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import type { HeaderReader } from './header-reader.ts';
import {
  BOOL_OVERHEAD_BYTES,
  MAX_ARRAY_ELEMENTS,
  MAX_KEY_BYTES,
  MAX_STRING_BYTES,
  STRING_OVERHEAD_BYTES,
} from './limits.ts';
import { type ItemType, type MetadataValue, type NumberArray, VALUE_TYPES, type ValueType } from './metadata.ts';
import { StringList } from './string-list.ts';

/** Names must be real text; values may hold anything, and a byte order mark is a token like any other. */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** Keys whose type others rely on: a score table of bytes read as floats was an out-of-bounds read elsewhere. */
const KNOWN_TYPES: Record<string, readonly string[]> = {
  'general.alignment': ['uint32'],
  'general.architecture': ['string'],
  'tokenizer.ggml.model': ['string'],
  'tokenizer.ggml.tokens': ['array of string'],
  'tokenizer.ggml.merges': ['array of string'],
  'tokenizer.ggml.scores': ['array of float32'],
  'tokenizer.ggml.token_type': ['array of int32', 'array of uint32'],
  'tokenizer.chat_template': ['string'],
};

const ITEM_BYTES: Record<ItemType, number> = {
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  float32: 4,
  bool: 1,
  string: 8, // the length alone
  uint64: 8,
  int64: 8,
  float64: 8,
};

/** Items of an array that are read at once. */
const PIECE_ITEMS = 1 << 16;
/** Room for an array's strings at first. */
const STRINGS_BYTES = 1 << 16;

/** A refusal that names the field, its value and the limit. */
export function refusal(field: string, value: unknown, limit: string): LocalLLMError {
  return new LocalLLMError(
    'bad-file',
    `GGUF: ${field} is ${String(value)}; ${limit}. The file is damaged or made to do harm: get it from another place.`,
  );
}

/** A 64-bit count as a number. @throws LocalLLMError bad-file beyond the limit, before anything is allocated for it */
export function checkedCount(value: bigint, limit: number, field: string): number {
  if (value > BigInt(limit)) throw refusal(field, value, `the limit is ${limit}`);
  return Number(value);
}

/** A key or tensor name: real text, not empty, no control characters. */
export async function readName(reader: HeaderReader, limit: number, field: string): Promise<string> {
  const length = await readLength(reader, limit, field);
  if (length === 0) throw refusal(`the length of ${field}`, 0, 'a name has at least 1 byte');
  await reader.need(length, field);
  let name: string;
  try {
    name = reader.text(length, strict);
  } catch (cause) {
    throw new LocalLLMError(
      'bad-file',
      `GGUF: ${field} is not UTF-8. The file is damaged or made to do harm: get it from another place.`,
      { cause },
    );
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(name)) throw refusal(field, quoted(name), 'control characters are not allowed');
  return name;
}

/** All pairs, in the file's order. */
export async function readMetadata(reader: HeaderReader, count: number): Promise<Map<string, MetadataValue>> {
  const values = new Map<string, MetadataValue>();
  for (let index = 0; index < count; index++) {
    const key = await readName(reader, MAX_KEY_BYTES, `key ${index} of ${count}`);
    if (values.has(key)) throw refusal(`key ${index} of ${count}`, quoted(key), 'that key was there before');
    const value = await readValue(reader, key);
    const type = value.type === 'array' ? `array of ${value.itemType}` : value.type;
    const known = Object.hasOwn(KNOWN_TYPES, key) ? KNOWN_TYPES[key] : undefined;
    if (known && !known.includes(type)) throw refusal(`the type of ${key}`, type, `it must be ${known.join(' or ')}`);
    values.set(key, value);
  }
  return values;
}

async function readValue(reader: HeaderReader, key: string): Promise<MetadataValue> {
  const name = quoted(key);
  const type = await readType(reader, `the type of ${name}`);
  if (type === 'array') return readArray(reader, name);
  if (type === 'string') return { type, value: await readString(reader, name) };
  await reader.need(ITEM_BYTES[type], name);
  if (type === 'bool') return { type, value: readBoolean(reader, name) };
  if (type === 'uint64') return { type, value: reader.u64() };
  if (type === 'int64') return { type, value: reader.i64() };
  return { type, value: numberReaders(reader)[type]() };
}

async function readType(reader: HeaderReader, field: string): Promise<ValueType> {
  await reader.need(4, field);
  const id = reader.u32();
  const type = VALUE_TYPES[id];
  if (type === undefined) throw refusal(field, id, `the format knows 0 to ${VALUE_TYPES.length - 1}`);
  return type;
}

async function readArray(reader: HeaderReader, name: string): Promise<MetadataValue> {
  const itemType = await readType(reader, `the item type of ${name}`);
  if (itemType === 'array') throw refusal(`the item type of ${name}`, 'array', 'arrays in arrays are not supported');
  const field = `the length of ${name}`;
  const length = await readLength(reader, MAX_ARRAY_ELEMENTS, name);
  const left = (reader.fileBytes ?? Infinity) - reader.offset;
  if (length * ITEM_BYTES[itemType] > left) {
    throw refusal(field, length, `that needs ${length * ITEM_BYTES[itemType]} bytes and the file has ${left} more`);
  }
  if (itemType === 'string') return { type: 'array', itemType, value: await readStrings(reader, name, length) };
  const fill = <T extends { [index: number]: V }, V>(into: T, next: () => V) =>
    fillArray(reader, name, ITEM_BYTES[itemType], length, into, next);
  if (itemType === 'bool') {
    reader.charge(length * BOOL_OVERHEAD_BYTES, name);
    return { type: 'array', itemType, value: await fill<boolean[], boolean>([], () => readBoolean(reader, name)) };
  }
  if (itemType === 'uint64') {
    return { type: 'array', itemType, value: await fill(new BigUint64Array(length), reader.u64) };
  }
  if (itemType === 'int64')
    return { type: 'array', itemType, value: await fill(new BigInt64Array(length), reader.i64) };
  const next = numberReaders(reader)[itemType];
  return { type: 'array', itemType, value: await fill(NUMBER_ARRAYS[itemType](length), next) };
}

/** Reads `length` items, a piece at a time: what is buffered of the file stays small. */
async function fillArray<T extends { [index: number]: V }, V>(
  reader: HeaderReader,
  name: string,
  itemBytes: number,
  length: number,
  into: T,
  next: () => V,
): Promise<T> {
  for (let done = 0; done < length;) {
    const end = Math.min(length, done + PIECE_ITEMS);
    await reader.need((end - done) * itemBytes, name);
    while (done < end) into[done++] = next();
  }
  return into;
}

type NumberType = Exclude<ItemType, 'string' | 'bool' | 'uint64' | 'int64'>;
const NUMBER_ARRAYS: Record<NumberType, (length: number) => NumberArray> = {
  uint8: (length) => new Uint8Array(length),
  int8: (length) => new Int8Array(length),
  uint16: (length) => new Uint16Array(length),
  int16: (length) => new Int16Array(length),
  uint32: (length) => new Uint32Array(length),
  int32: (length) => new Int32Array(length),
  float32: (length) => new Float32Array(length),
  float64: (length) => new Float64Array(length),
};
const numberReaders = (reader: HeaderReader): Record<NumberType, () => number> => ({
  uint8: reader.u8,
  int8: reader.i8,
  uint16: reader.u16,
  int16: reader.i16,
  uint32: reader.u32,
  int32: reader.i32,
  float32: reader.f32,
  float64: reader.f64,
});

function readBoolean(reader: HeaderReader, name: string): boolean {
  const value = reader.u8();
  if (value > 1) throw refusal(name, value, 'a bool is 0 or 1');
  return value === 1;
}

async function readString(reader: HeaderReader, name: string): Promise<string> {
  const length = await readLength(reader, MAX_STRING_BYTES, `a string in ${name}`);
  await reader.need(length, name);
  const text = reader.text(length, lenient);
  const ascii = text.length === length;
  reader.charge(STRING_OVERHEAD_BYTES + (ascii ? 0 : length), name);
  return text;
}

/** They take less memory than in the file: an end of 4 bytes each, where the file has a length of 8. */
async function readStrings(reader: HeaderReader, name: string, length: number): Promise<StringList> {
  const ends = new Uint32Array(length);
  let bytes = new Uint8Array(STRINGS_BYTES);
  let at = 0;
  for (let index = 0; index < length; index++) {
    const count = takeLength(reader) ?? (await readLength(reader, MAX_STRING_BYTES, `a string in ${name}`));
    if (!reader.has(count)) await reader.need(count, name);
    if (at + count > bytes.length) {
      bytes = new Uint8Array(bytes.buffer.transfer(Math.max(at + count, bytes.length * 2)));
    }
    reader.copy(count, bytes, at);
    at += count;
    ends[index] = at;
  }
  return new StringList(new Uint8Array(bytes.buffer.transfer(at)), ends);
}

/** A string's length that is buffered; undefined: read nothing, {@link readLength} has to. Vocabularies have hundreds of thousands. */
function takeLength(reader: HeaderReader): number | undefined {
  const length = reader.nextLength();
  if (length === undefined || length > MAX_STRING_BYTES) return undefined;
  reader.skip(8);
  return length;
}

async function readLength(reader: HeaderReader, limit: number, field: string): Promise<number> {
  await reader.need(8, field);
  return checkedCount(reader.u64(), limit, `the length of ${field}`);
}
