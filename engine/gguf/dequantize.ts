/**
 * Element types to float32 on the CPU: the oracle that the GPU kernels are held against.
 * Layouts: ggml-common.h and the `dequantize_row_*` functions of ggml-quants.c.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { GGML_TYPES, type GgmlType } from './types.ts';

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** IEEE half precision, given as its 16 bits. Exact. */
export function f16ToF32(half: number): number {
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16, given as its 16 bits: the upper half of a float32. Exact. */
export function bf16ToF32(half: number): number {
  bits[0] = half << 16;
  return float[0] as number;
}

type Dequantize = (view: DataView, out: Float32Array) => void;

const scalars =
  (step: number, read: (view: DataView, at: number) => number): Dequantize =>
  (view, out) => {
    for (let i = 0; i < out.length; i++) out[i] = read(view, i * step);
  };

/** Block: f16 scale d, 32 × int8 q. x = d·q. */
const q8_0: Dequantize = (view, out) => {
  for (let block = 0; block * 32 < out.length; block++) {
    const d = f16ToF32(view.getUint16(block * 34, true));
    for (let i = 0; i < 32; i++) out[block * 32 + i] = d * view.getInt8(block * 34 + 2 + i);
  }
};

/** Block: f16 scale d, 16 bytes; byte i holds element i in its low and element i + 16 in its high four bits. x = d·(q - 8). */
const q4_0: Dequantize = (view, out) => {
  for (let block = 0; block * 32 < out.length; block++) {
    const d = f16ToF32(view.getUint16(block * 18, true));
    for (let i = 0; i < 16; i++) {
      const pair = view.getUint8(block * 18 + 2 + i);
      out[block * 32 + i] = d * ((pair & 15) - 8);
      out[block * 32 + 16 + i] = d * ((pair >>> 4) - 8);
    }
  }
};

const DEQUANTIZERS: Partial<Record<GgmlType, Dequantize>> = {
  F32: scalars(4, (view, at) => view.getFloat32(at, true)),
  F16: scalars(2, (view, at) => f16ToF32(view.getUint16(at, true))),
  BF16: scalars(2, (view, at) => bf16ToF32(view.getUint16(at, true))),
  Q8_0: q8_0,
  Q4_0: q4_0,
};

/**
 * All elements of whole blocks, in the file's order.
 * @throws LocalLLMError not-supported for a type without a dequantizer, bad-argument for part of a block
 */
export function dequantize(type: GgmlType, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const { blockElements, blockBytes } = GGML_TYPES[type];
  const dequantizer = DEQUANTIZERS[type];
  if (!dequantizer) {
    const known = Object.keys(DEQUANTIZERS).join(', ');
    throw new LocalLLMError(
      'not-supported',
      `The type ${type} cannot be dequantized; ${known} can. Get the model in one of those.`,
    );
  }
  if (bytes.length % blockBytes !== 0) {
    throw new LocalLLMError(
      'bad-argument',
      `${bytes.length} bytes are not whole blocks of ${type}, which have ${blockBytes} bytes. Pass whole blocks.`,
    );
  }
  const out = new Float32Array((bytes.length / blockBytes) * blockElements);
  dequantizer(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), out);
  return out;
}
