import { describe, it } from 'vitest';
import { checkRepack } from '../testing/check-repack.ts';
import { repackRef } from './repack.ref.ts';

describe.each(['Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'IQ4_XS'] as const)('repack-super-blocks %s', (type) => {
  it.each([
    { rows: 1, cols: 256, first: 0, step: 1 },
    { rows: 5, cols: 768, first: 1, step: 2 },
    { rows: 35, cols: 2048, first: 3, step: 1 },
  ])('$rows rows of $cols, from row $first on, step $step', (shape) => checkRepack(type, shape, repackRef));
});
