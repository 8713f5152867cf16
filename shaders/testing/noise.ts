/** `count` values evenly spread over [−scale, scale), the same for the same seed on every machine. */
export function noise(seed: number, count: number, scale = 1): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  let state = seed >>> 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
    values[i] = (((mixed ^ (mixed >>> 12)) >>> 8) / 2 ** 23 - 1) * scale;
  }
  return values;
}
