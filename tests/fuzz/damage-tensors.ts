/**
 * Lies in the tensor table of a file whose header is sound, and damaged weights.
 *
 * @module
 */
import { GGML_TYPES, type GgmlType } from '../../engine/gguf/types.ts';
import type { WriterTensor } from '../gguf-writer.ts';
import type { Draft } from './draft.ts';
import type { Random } from './random.ts';

const TYPES = Object.keys(GGML_TYPES) as GgmlType[];
const NAMES = [
  '',
  'x',
  'output.weight',
  'rope_freqs.weight',
  'blk.1.attn_q.weight',
  'blk.0.attn_q.bias',
  '__proto__',
  'x'.repeat(65),
];
const LENGTHS = [0, 1, 2, 31, 32, 33, 255, 256, 2 ** 20, 2 ** 32, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 64n - 1n];
const OFFSETS = [0n, 1n, 32n, 2n ** 31n, 2n ** 32n, 2n ** 53n - 32n, 2n ** 63n, 2n ** 64n - 32n];
const WORDS = [0x7fc00000, 0x7f800000, 0xff800000, 0x7e007e00, 0x7c007c00, 0xffffffff, 0x00000001, 0x7f7fffff];

/** Changes, drops or repeats one tensor. */
export function damageTensors(random: Random, draft: Draft): void {
  const { tensors } = draft;
  if (tensors.length === 0) return;
  const at = random.below(tensors.length);
  const tensor = tensors[at]!;
  const kind = random.below(12);
  if (kind === 0) tensors.splice(at, 1);
  else if (kind === 1) tensors.push(random.chance(0.5) ? tensor : { ...tensor, name: `${tensor.name}.1` });
  else if (kind === 2)
    tensors[at] = { ...tensor, name: random.chance(0.5) ? random.pick(NAMES) : random.pick(tensors).name };
  else if (kind === 3) tensors.sort(() => random.below(3) - 1);
  else if (kind === 4) tensors[at] = { ...tensor, type: random.pick(TYPES) };
  else if (kind === 5) {
    const type = random.pick(TYPES);
    tensors[at] = { ...tensor, type, data: new Uint8Array(tensorBytes(type, tensor.shape)) };
  } else if (kind < 8) tensors[at] = { ...tensor, shape: changedShape(random, tensor) };
  else if (kind === 8) tensors[at] = { ...tensor, override: changedField(random, tensors.length) };
  else tensors[at] = { ...tensor, data: changedWeights(random, tensor.data ?? new Uint8Array(0)) };
}

/** What shape and type need, 0 where that is a lot. */
function tensorBytes(type: GgmlType, shape: WriterTensor['shape']): number {
  const elements = shape.reduce<number>((product, length) => product * Number(length), 1);
  const bytes = Math.ceil(elements / GGML_TYPES[type].blockElements) * GGML_TYPES[type].blockBytes;
  return bytes < 1 << 20 ? bytes : 0;
}

function changedShape(random: Random, { shape }: WriterTensor): (number | bigint)[] {
  const kind = random.below(5);
  const copy = [...shape];
  const axis = random.below(copy.length);
  if (kind === 0) return copy.reverse();
  if (kind === 1) return [...copy, ...[1, 1, 1].slice(random.below(3))];
  if (kind === 2) copy[axis] = BigInt(copy[axis]!) + random.pick([-1n, 1n, 32n]);
  else if (kind === 3) copy[axis] = BigInt(copy[axis]!) * 2n;
  else copy[axis] = random.pick(LENGTHS);
  return copy.map((length) => (BigInt(length) < 0n ? 0n : length));
}

function changedField(random: Random, count: number): NonNullable<WriterTensor['override']> {
  const kind = random.below(4);
  if (kind === 0) return { typeId: random.pick([4, 5, 31, 38, 43, 1000, 2 ** 31, 2 ** 32 - 1]) };
  if (kind === 1) return { dimensionCount: random.pick([0, 1, 3, 4, 5, 2 ** 31, 2 ** 32 - 1]) };
  if (kind === 2) return { nameBytes: random.pick(OFFSETS) };
  return { offset: random.chance(0.5) ? random.pick(OFFSETS) : BigInt(random.below(count) * 32) };
}

function changedWeights(random: Random, data: Uint8Array): Uint8Array {
  const copy = data.slice();
  const view = new DataView(copy.buffer);
  for (let left = 1 + random.below(6); left > 0 && copy.length >= 4; left--) {
    view.setUint32(random.below(copy.length - 3), random.chance(0.5) ? random.pick(WORDS) : random.word(), true);
  }
  return copy;
}
