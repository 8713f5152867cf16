import { describe, expect, it } from 'vitest';
import { GGML_TYPES } from '../../engine/gguf/types.ts';
import { CURVES, WEIGHT_TYPES, weightLayout } from './weights.ts';

/** ggml's tables, the values that levels 0 … 15 stand for. */
const TABLES = {
  IQ4_NL: [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113],
  MXFP4: [-12, -8, -6, -4, -3, -2, -1, 0, 0, 1, 2, 3, 4, 6, 8, 12],
};

describe('curves', () => {
  it.each(['IQ4_NL', 'MXFP4'] as const)('%s: the table, far enough from where rounding turns', (table) => {
    for (const [level, value] of TABLES[table].entries()) {
      const t = level - 7.5;
      const exact = CURVES[table].reduce<number>((sum, coefficient, power) => sum + coefficient * t ** power, 0);
      expect(Math.abs(exact - value)).toBeLessThan(0.45); // f32 adds 1e-4 at most
    }
  });
});

describe('weightLayout', () => {
  it.each(WEIGHT_TYPES)('%s takes hardly more than in the file', (type) => {
    const { blockBytes, blockElements } = GGML_TYPES[type];
    for (const cols of [768, 2304, 4096]) {
      const { quantBytes, scaleBytes } = weightLayout(type, 10, cols);
      const inFile = ((10 * cols) / blockElements) * blockBytes;
      expect(quantBytes + scaleBytes).toBeGreaterThanOrEqual(inFile);
      expect(quantBytes + scaleBytes).toBeLessThanOrEqual(inFile * 1.02);
    }
  });
});
