const BLOCK = 32;
const LARGEST = 32_512;

/** x [tokens, cols] as [tokens, 5, blocks] of 16 bytes: see to-integers.wgsl. */
export function toIntegersRef(x: Float32Array, cols: number): Uint32Array {
  const blocks = cols / BLOCK;
  const words = new Uint32Array((x.length / BLOCK) * 20);
  const [bytes, floats] = [new Int8Array(words.buffer), new Float32Array(words.buffer)];
  for (let first = 0; first < x.length; first += BLOCK) {
    const elements = x.subarray(first, first + BLOCK);
    const step = Math.fround(elements.reduce((most, v) => Math.max(most, Math.abs(v)), 0) / LARGEST);
    const at = Math.floor(first / cols) * blocks * 5 + (first % cols) / BLOCK;
    const sums = [0, 0];
    elements.forEach((value, i) => {
      const level = step > 0 ? Math.round(value / step) : 0;
      const upper = (level + 128) >> 8;
      const half = i >> 4;
      bytes[(at + half * blocks) * 16 + (i % 16)] = upper;
      bytes[(at + (half + 2) * blocks) * 16 + (i % 16)] = level - upper * 256;
      sums[half]! += level * step;
    });
    floats.set([step, ...sums], (at + 4 * blocks) * 4);
  }
  return words;
}

/** The activations, and the sums of each 16 of them, that such words stand for. */
export function fromIntegersRef(words: Uint32Array, cols: number): { values: Float32Array; sums: Float32Array } {
  const blocks = cols / BLOCK;
  const [bytes, floats] = [new Int8Array(words.buffer), new Float32Array(words.buffer)];
  const values = new Float32Array((words.length / 20) * BLOCK);
  const sums = new Float32Array(values.length / 16);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / cols) * blocks * 5 + Math.floor((i % cols) / BLOCK);
    const half = (i % BLOCK) >> 4;
    const upper = bytes[(at + half * blocks) * 16 + (i % 16)]!;
    const lower = bytes[(at + (half + 2) * blocks) * 16 + (i % 16)]!;
    values[i] = (upper * 256 + lower) * floats[(at + 4 * blocks) * 4]!;
    sums[i >> 4] = floats[(at + 4 * blocks) * 4 + 1 + half]!;
  }
  return { values, sums };
}
