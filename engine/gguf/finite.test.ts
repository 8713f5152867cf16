import { describe, expect, test } from 'vitest';
import { quantize } from '../../tests/quantize.ts';
import { dequantize } from './dequantize.ts';
import { checkFinite, firstBrokenBlock } from './finite.ts';
import { GGML_TYPES, type GgmlType } from './types.ts';

const BLOCKS = 5;
const TYPES = [
  ...(['F32', 'F16', 'BF16', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K'] as const),
  ...(['IQ4_NL', 'IQ4_XS', 'MXFP4'] as const),
] satisfies GgmlType[];

/** Bytes that may be no number somewhere in a block: NaN, infinity, minus infinity. */
function brokenBytes(type: GgmlType): number[][] {
  if (type === 'F32') return [0x7fc0, 0x7f80, 0xff80].map((upper) => [0, 0, upper & 255, upper >> 8]);
  if (type === 'BF16') return [0x7fc0, 0x7f80, 0xff80].map((bits) => [bits & 255, bits >> 8]);
  if (type === 'MXFP4') return [[0xff]];
  return [0x7eff, 0x7c00, 0xfc00].map((bits) => [bits & 255, bits >> 8]);
}

describe.each(TYPES)('%s', (type) => {
  const { blockElements, blockBytes } = GGML_TYPES[type];
  const values = Float32Array.from({ length: BLOCKS * blockElements }, (_, i) => Math.sin(i));
  const sound = quantize(type, values);

  test('sound blocks', () => {
    expect(firstBrokenBlock(type, sound)).toBe(-1);
    expect(firstBrokenBlock(type, new Uint8Array(0))).toBe(-1);
  });

  // What makes any element NaN or infinite is found, and nothing else.
  test.each(brokenBytes(type))('broken bytes anywhere in a block: %#', (...broken) => {
    let found = 0;
    for (let at = 0; at < blockBytes; at += broken.length) {
      const bytes = sound.slice();
      bytes.set(broken, 3 * blockBytes + at);
      // llama.cpp computes with this scale too, a power of two, but refuses a file that has it.
      const finite = type === 'MXFP4' ? at > 0 : dequantize(type, bytes).every((value) => Number.isFinite(value));
      if (!finite) found++;
      expect(firstBrokenBlock(type, bytes)).toBe(finite ? -1 : 3);
      const moved = new Uint8Array(bytes.length + 1);
      moved.set(bytes, 1);
      expect(firstBrokenBlock(type, moved.subarray(1))).toBe(finite ? -1 : 3);
    }
    expect(found).toBeGreaterThan(0);
  });
});

test('a type without floats', () => {
  expect(firstBrokenBlock('I32', new Uint8Array(64).fill(0xff))).toBe(-1);
});

test('the message names tensor, type and row', () => {
  const bytes = quantize('Q8_0', new Float32Array(64 * 4).fill(1));
  bytes.set([0, 0x7c], 5 * 34);
  const tensor = { name: 'blk.0.attn_k.weight', type: 'Q8_0', shape: [64, 100], offset: 0, bytes: 6800 } as const;
  expect(() => checkFinite(tensor, bytes, 70)).toThrow(
    'Tensor blk.0.attn_k.weight (Q8_0) holds NaN or infinity in row 72; weights must be finite.',
  );
});
