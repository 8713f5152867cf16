import { describe, it } from 'vitest';
import { checkRepack } from '../testing/check-repack.ts';
import { repackRef } from './repack.ref.ts';

describe.each(['Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'IQ4_NL', 'MXFP4'] as const)('repack-blocks %s', (type) => {
  // Blocks that leave part of a word of scales; rows then start at any byte.
  it.each([
    { rows: 1, cols: 32, first: 0, step: 1 },
    { rows: 3, cols: 96, first: 2, step: 1 },
    { rows: 4, cols: 160, first: 1, step: 2 },
    { rows: 70, cols: 2048, first: 3, step: 1 },
  ])('$rows rows of $cols, from row $first on, step $step', (shape) => checkRepack(type, shape, repackRef));
});
