/**
 * Reference quantizers, for making random weights in the tests: as `quantize_row_*_ref` of ggml-quants.c.
 *
 * @module
 */
import { f16ToF32 } from '../engine/gguf/dequantize-floats.ts';
import type { GgmlType } from '../engine/gguf/types.ts';

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

/** Values in a type of the file. Block types need whole blocks of 32. */
export function quantize(type: GgmlType, values: Float32Array): Uint8Array<ArrayBuffer> {
  if (type === 'F32') return new Uint8Array(values.slice().buffer);
  if (type === 'F16') return new Uint8Array(Uint16Array.from(values, f32ToF16).buffer);
  if (type === 'BF16') return new Uint8Array(Uint16Array.from(values, f32ToBf16).buffer);
  if (values.length % 32 !== 0) throw new Error(`${values.length} values are not whole blocks of 32`);
  if (type === 'Q8_0') return blocks(values, 34, quantizeQ8_0);
  if (type === 'Q4_0') return blocks(values, 18, quantizeQ4_0);
  throw new Error(`no quantizer for ${type}`);
}

function blocks(
  values: Float32Array,
  blockBytes: number,
  block: (values: Float32Array, out: DataView) => void,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array((values.length / 32) * blockBytes);
  for (let i = 0; i * 32 < values.length; i++) {
    block(values.subarray(i * 32, i * 32 + 32), new DataView(out.buffer, i * blockBytes, blockBytes));
  }
  return out;
}

function quantizeQ8_0(values: Float32Array, out: DataView): void {
  const d = f16ToF32(f32ToF16(Math.max(...values.map(Math.abs)) / 127));
  out.setUint16(0, f32ToF16(d), true);
  for (const [i, value] of values.entries()) {
    out.setInt8(2 + i, d === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(value / d))));
  }
}

function quantizeQ4_0(values: Float32Array, out: DataView): void {
  const extreme = values.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  const d = f16ToF32(f32ToF16(extreme / -8));
  out.setUint16(0, f32ToF16(d), true);
  const code = (value: number) => (d === 0 ? 8 : Math.max(0, Math.min(15, Math.floor(value / d + 8.5))));
  for (let i = 0; i < 16; i++) out.setUint8(2 + i, code(values[i] ?? 0) | (code(values[i + 16] ?? 0) << 4));
}

/** n / 1 to the nearest integer, ties to even. */
function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
