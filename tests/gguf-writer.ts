/**
 * Writes small GGUF files for tests: sound ones from plain values, hostile ones by overriding single fields.
 *
 * @module
 */
import { VALUE_TYPES, type ItemType, type ValueType } from '../engine/gguf/metadata.ts';
import { GGML_TYPES, type GgmlType } from '../engine/gguf/types.ts';

/**
 * Plain values choose their type: integers uint32 (int32 when negative), other numbers float32, bigint uint64, arrays likewise,
 * typed arrays their own. `{ type, value }` chooses another; `{ typeId, raw }` writes any bytes behind any type number.
 */
export type WriterValue =
  | string
  | boolean
  | number
  | bigint
  | readonly string[]
  | readonly number[]
  | readonly boolean[]
  | TypedArray
  | { type: ItemType; value: string | boolean | number | bigint }
  | { type: 'array'; itemType: ItemType; value: ArrayLike<string | boolean | number | bigint>; length?: bigint }
  | { typeId: number; raw: Uint8Array };
type TypedArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

export interface WriterTensor {
  name: string;
  type: GgmlType;
  /** ggml's order: shape[0] is contiguous. */
  shape: readonly (number | bigint)[];
  /** Already in the tensor's type. Default: zeros of the right size. */
  data?: Uint8Array;
  /** Written instead of what is right. */
  override?: { typeId?: number; dimensionCount?: number; offset?: bigint; nameBytes?: bigint };
}

export interface WriterOptions {
  /** A list may repeat a key. */
  metadata?: Record<string, WriterValue> | readonly (readonly [string, WriterValue])[];
  tensors?: readonly WriterTensor[];
  version?: number;
  /** Written as general.alignment when given; 32 without. */
  alignment?: number;
  /** Written instead of what is right. */
  override?: { magic?: string; tensorCount?: bigint; keyCount?: bigint; firstKeyBytes?: bigint };
}

/** The bytes of a GGUF file. */
export function writeGguf(options: WriterOptions): Uint8Array<ArrayBuffer> {
  const { tensors = [], version = 3, alignment = 32, override = {} } = options;
  const metadata: (readonly [string, WriterValue])[] = isList(options.metadata)
    ? [...options.metadata]
    : Object.entries(options.metadata ?? {});
  if (options.alignment !== undefined) metadata.unshift(['general.alignment', options.alignment]);
  const out = new ByteWriter();
  out.append(new TextEncoder().encode(override.magic ?? 'GGUF'));
  out.scalar('uint32', version);
  out.scalar('uint64', override.tensorCount ?? BigInt(tensors.length));
  out.scalar('uint64', override.keyCount ?? BigInt(metadata.length));
  for (const [index, [key, value]] of metadata.entries()) {
    out.string(key, index === 0 ? override.firstKeyBytes : undefined);
    out.value(value);
  }
  let at = 0;
  const offsets: number[] = [];
  const contents = tensors.map((tensor) => tensor.data ?? new Uint8Array(tensorBytes(tensor)));
  for (const [index, tensor] of tensors.entries()) {
    const fields = tensor.override ?? {};
    offsets.push(at);
    out.string(tensor.name, fields.nameBytes);
    out.scalar('uint32', fields.dimensionCount ?? tensor.shape.length);
    for (const length of tensor.shape) out.scalar('uint64', BigInt(length));
    out.scalar('uint32', fields.typeId ?? GGML_TYPES[tensor.type].id);
    out.scalar('uint64', fields.offset ?? BigInt(at));
    at = roundUp(at + (contents[index]?.length ?? 0), alignment);
  }
  const dataOffset = roundUp(out.length, alignment);
  for (const [index, content] of contents.entries()) {
    out.padTo(dataOffset + (offsets[index] ?? 0));
    out.append(content);
  }
  return out.bytes();
}

/** What the tensor's shape and type need; 0 where a hostile shape has no sensible size. */
function tensorBytes(tensor: WriterTensor): number {
  const { blockElements, blockBytes } = GGML_TYPES[tensor.type];
  const elements = tensor.shape.reduce<number>((product, length) => product * Number(length), 1);
  return elements < 2 ** 26 ? Math.ceil(elements / blockElements) * blockBytes : 0;
}

const roundUp = (value: number, multiple: number) =>
  multiple > 0 && multiple < 2 ** 20 ? Math.ceil(value / multiple) * multiple : value;

function isList(metadata: WriterOptions['metadata']): metadata is readonly (readonly [string, WriterValue])[] {
  return Array.isArray(metadata);
}

class ByteWriter {
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }
  append(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }
  padTo(length: number): void {
    if (length > this.length) this.#reserve(length - this.length);
  }
  string(text: string, claimedBytes?: bigint): void {
    const bytes = new TextEncoder().encode(text);
    this.scalar('uint64', claimedBytes ?? BigInt(bytes.length));
    this.append(bytes);
  }

  scalar(type: ItemType, value: string | boolean | number | bigint): void {
    if (type === 'string') return this.string(String(value));
    const bytes =
      { uint8: 1, int8: 1, bool: 1, uint16: 2, int16: 2, uint64: 8, int64: 8, float64: 8 }[type as 'bool'] ?? 4;
    const at = this.#reserve(bytes);
    const view = this.#view;
    if (type === 'uint8' || type === 'bool') view.setUint8(at, Number(value));
    else if (type === 'int8') view.setInt8(at, Number(value));
    else if (type === 'uint16') view.setUint16(at, Number(value), true);
    else if (type === 'int16') view.setInt16(at, Number(value), true);
    else if (type === 'uint32') view.setUint32(at, Number(value), true);
    else if (type === 'int32') view.setInt32(at, Number(value), true);
    else if (type === 'float32') view.setFloat32(at, Number(value), true);
    else if (type === 'float64') view.setFloat64(at, Number(value), true);
    else if (type === 'uint64') view.setBigUint64(at, BigInt(value), true);
    else view.setBigInt64(at, BigInt(value), true);
  }

  value(value: WriterValue): void {
    if (typeof value === 'object' && 'raw' in value) {
      this.scalar('uint32', value.typeId);
      return this.append(value.raw);
    }
    if (typeof value === 'object' && 'type' in value) {
      this.#type(value.type);
      if (value.type === 'array') this.#array(value.itemType, value.value, value.length);
      else this.scalar(value.type, value.value);
      return;
    }
    if (typeof value === 'object') {
      this.#type('array');
      return this.#array(typedArrayType(value) ?? typeOf(value), value);
    }
    const type = typeOf([value]);
    this.#type(type);
    this.scalar(type, value);
  }

  #array(itemType: ItemType, items: ArrayLike<string | boolean | number | bigint>, claimed?: bigint): void {
    this.#type(itemType);
    this.scalar('uint64', claimed ?? BigInt(items.length));
    for (let i = 0; i < items.length; i++) this.scalar(itemType, items[i] as string | boolean | number | bigint);
  }
  #type(type: ValueType): void {
    this.scalar('uint32', VALUE_TYPES.indexOf(type));
  }
  #reserve(bytes: number): number {
    const at = this.length;
    this.length += bytes;
    if (this.length > this.#bytes.length) {
      const grown = new Uint8Array(this.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

/** The type for plain values, one for all of them. */
function typeOf(values: ArrayLike<string | boolean | number | bigint>): ItemType {
  const list = Array.from(values);
  if (typeof list[0] === 'string') return 'string';
  if (typeof list[0] === 'boolean') return 'bool';
  if (typeof list[0] === 'bigint') return 'uint64';
  if (!list.every(Number.isInteger)) return 'float32';
  return list.some((value) => Number(value) < 0) ? 'int32' : 'uint32';
}

function typedArrayType(value: object): ItemType | undefined {
  if (value instanceof Uint8Array) return 'uint8';
  if (value instanceof Int8Array) return 'int8';
  if (value instanceof Uint16Array) return 'uint16';
  if (value instanceof Int16Array) return 'int16';
  if (value instanceof Uint32Array) return 'uint32';
  if (value instanceof Int32Array) return 'int32';
  if (value instanceof Float32Array) return 'float32';
  if (value instanceof Float64Array) return 'float64';
  if (value instanceof BigUint64Array) return 'uint64';
  if (value instanceof BigInt64Array) return 'int64';
  return undefined;
}
