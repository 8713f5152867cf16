/**
 * Random bits of each element type: every pattern of quants and sub-scales, with finite and moderate scales. Kernels are held
 * against `dequantize` of them.
 *
 * @module
 */
import { GGML_TYPES, type GgmlType } from '../engine/gguf/types.ts';
import { f32ToBf16, f32ToF16 } from './quantize-floats.ts';

/** Where a block's f16 scales stand. */
const SCALES: Partial<Record<GgmlType, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q2_K: [80, 82],
  Q3_K: [108],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
  IQ4_NL: [0],
  IQ4_XS: [0],
};

/** The same bytes for the same arguments. `count` blocks: `count` elements of the types without blocks. */
export function randomBlocks(type: GgmlType, count: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = uniform(seed);
  if (type === 'F32') return new Uint8Array(Float32Array.from({ length: count }, () => random() * 2 - 1).buffer);
  if (type === 'F16' || type === 'BF16') {
    const round = type === 'F16' ? f32ToF16 : f32ToBf16;
    return new Uint8Array(Uint16Array.from({ length: count }, () => round(random() * 2 - 1)).buffer);
  }
  const scales = SCALES[type];
  if (!scales && type !== 'MXFP4') throw new Error(`no random blocks of ${type}`);
  const { blockBytes, blockElements } = GGML_TYPES[type];
  const bytes = Uint8Array.from({ length: count * blockBytes }, () => random() * 256);
  const view = new DataView(bytes.buffer);
  // The scales within a super-block, of 4 to 8 bits, multiply this one.
  const largest = blockElements === 256 ? 0.01 : 0.1;
  for (let at = 0; at < bytes.length; at += blockBytes) {
    for (const offset of scales ?? []) {
      const sign = random() < 0.5 ? -1 : 1;
      view.setUint16(at + offset, f32ToF16(sign * largest * (0.1 + 0.9 * random())), true);
    }
    // E8M0: 2^-7 to 2^-3.
    if (type === 'MXFP4') view.setUint8(at, 120 + Math.floor(random() * 5));
  }
  return bytes;
}

/** Evenly distributed over [0, 1) (mulberry32). */
function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
