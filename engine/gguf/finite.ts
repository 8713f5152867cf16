/**
 * Finds weights that are no numbers: floats and the scales of blocks, by their bits.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { TensorInfo } from './read-tensors.ts';
import { GGML_TYPES, type GgmlType } from './types.ts';

/** Where a block keeps its half-precision scales and minima, in 16-bit words. */
const HALVES: Partial<Record<GgmlType, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 1],
  Q5_0: [0],
  Q5_1: [0, 1],
  Q8_0: [0],
  Q2_K: [40, 41],
  Q3_K: [54],
  Q4_K: [0, 1],
  Q5_K: [0, 1],
  Q6_K: [104],
  IQ4_NL: [0],
  IQ4_XS: [0],
};
const HALF_EXPONENT = 0x7c00;
const BF16_EXPONENT = 0x7f80;
const FLOAT_EXPONENT = 0x7f80_0000;
/** The byte that MXFP4 has for NaN in place of a power of two. */
const E8M0_NAN = 0xff;

/**
 * The first block of `bytes` that holds NaN or infinity, -1 where all are finite. A float counts as a block.
 * @param bytes whole blocks of the type; of a type without floats nothing is found
 */
export function firstBrokenBlock(type: GgmlType, bytes: Uint8Array<ArrayBuffer>): number {
  const { blockBytes } = GGML_TYPES[type];
  if (type === 'F32') return firstWith(words(Uint32Array, bytes), FLOAT_EXPONENT, 0, 1);
  if (type === 'F16') return firstInPairs(bytes, HALF_EXPONENT, 0x0400);
  if (type === 'BF16') return firstInPairs(bytes, BF16_EXPONENT, 0x0080);
  if (type === 'MXFP4') return firstWith(bytes, E8M0_NAN, 0, blockBytes);
  const halves = words(Uint16Array, bytes);
  const found = (HALVES[type] ?? []).map((at) => firstHalf(halves, at, blockBytes / 2));
  return found.reduce((first, block) => (first < 0 || (block >= 0 && block < first) ? block : first), -1);
}

/** {@link firstWith} of halves, four at a time: one added to an exponent of all ones carries into the sign's place. */
function firstHalf(halves: Uint16Array, first: number, stride: number): number {
  const carry = (at: number) => (halves[at]! & HALF_EXPONENT) + 0x0400;
  let at = first;
  while (at + 3 * stride < halves.length) {
    const carries = carry(at) | carry(at + stride) | carry(at + 2 * stride) | carry(at + 3 * stride);
    if ((carries & 0x8000) !== 0) break;
    at += 4 * stride;
  }
  const rest = firstWith(halves, HALF_EXPONENT, at, stride);
  return rest < 0 ? -1 : (at - first) / stride + rest;
}

/** Two at a time, in the same way. */
function firstInPairs(bytes: Uint8Array<ArrayBuffer>, exponent: number, one: number): number {
  const pairs = words(Uint32Array, bytes);
  const mask = exponent * 0x10001;
  const ones = one * 0x10001;
  let at = 0;
  while (at + 3 < pairs.length) {
    const left = ((pairs[at]! & mask) + ones) | ((pairs[at + 1]! & mask) + ones);
    const right = ((pairs[at + 2]! & mask) + ones) | ((pairs[at + 3]! & mask) + ones);
    if (((left | right) & 0x8000_8000) !== 0) break;
    at += 4;
  }
  const rest = firstWith(words(Uint16Array, bytes).subarray(at * 2), exponent, 0, 1);
  return rest < 0 ? -1 : at * 2 + rest;
}

/**
 * @param bytes whole rows of the tensor, from `firstRow` on
 * @throws LocalLLMError bad-file where a weight is NaN or infinite
 */
export function checkFinite({ name, type, shape }: TensorInfo, bytes: Uint8Array<ArrayBuffer>, firstRow = 0): void {
  const block = firstBrokenBlock(type, bytes);
  if (block < 0) return;
  const rowBlocks = shape[0]! / GGML_TYPES[type].blockElements;
  throw new LocalLLMError(
    'bad-file',
    `Tensor ${name} (${type}) holds NaN or infinity in row ${firstRow + Math.floor(block / rowBlocks)}; weights must be finite. The file is damaged: get it again, or from another place.`,
  );
}

/** Which of the words at, at + stride, … is the first to have all bits of the mask; -1: none. */
function firstWith(list: Uint8Array | Uint16Array | Uint32Array, mask: number, at: number, stride: number): number {
  for (let i = at; i < list.length; i += stride) if ((list[i]! & mask) === mask) return (i - at) / stride;
  return -1;
}

/** The bytes as words, copied where they do not lie evenly. */
function words<T>(
  Words: { new (buffer: ArrayBuffer, offset: number, length: number): T; BYTES_PER_ELEMENT: number },
  bytes: Uint8Array<ArrayBuffer>,
): T {
  const even = bytes.byteOffset % Words.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new Words(even.buffer, even.byteOffset, Math.floor(even.length / Words.BYTES_PER_ELEMENT));
}
