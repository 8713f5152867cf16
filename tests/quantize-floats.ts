/**
 * Rounding to the small float formats.
 *
 * @module
 */
import { f16ToF32 } from '../engine/gguf/dequantize-floats.ts';

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The 16 bits of the nearest half-precision number, ties to even. */
export function f32ToF16(value: number): number {
  float[0] = value;
  const word = bits[0] as number;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = Math.abs(float[0]);
  if (Number.isNaN(magnitude)) return sign | 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundEven(magnitude * 2 ** 24);
  const exponent = ((word >>> 23) & 0xff) - 127;
  // A carry out of the fraction runs into the exponent, as it should.
  return sign | (((exponent + 15) << 10) + roundEven((magnitude / 2 ** exponent - 1) * 1024));
}

/** The 16 bits of the nearest bfloat16 number, ties to even. */
export function f32ToBf16(value: number): number {
  float[0] = value;
  const word = bits[0] as number;
  if (Number.isNaN(value)) return (word >>> 16) | 64;
  return ((word + 0x7fff + ((word >>> 16) & 1)) / 65536) & 0xffff;
}

/** The nearest half-precision number, which is also written to a byte of a view. */
export function putHalf(out: DataView, at: number, value: number): number {
  const half = f32ToF16(value);
  out.setUint16(at, half, true);
  return f16ToF32(half);
}

/** To the nearest integer, ties to even. */
function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
