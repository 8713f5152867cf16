/**
 * The small float formats, given as their bits. All conversions are exact.
 *
 * @module
 */
const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** IEEE half precision, given as its 16 bits. */
export function f16ToF32(half: number): number {
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The half-precision number at a byte of a view. */
export function halfAt(view: DataView, at: number): number {
  return f16ToF32(view.getUint16(at, true));
}

/** bfloat16, given as its 16 bits: the upper half of a float32. */
export function bf16ToF32(half: number): number {
  bits[0] = half << 16;
  return float[0] as number;
}

/** Half of the power of two that an E8M0 byte stands for: 2^(e - 128). 255, which the format calls NaN, is 2^127, as in llama.cpp. */
export function e8m0ToF32Half(exponent: number): number {
  return 2 ** (exponent - 128);
}
