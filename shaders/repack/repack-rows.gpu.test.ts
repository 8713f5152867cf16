import { describe, it } from 'vitest';
import { checkRepack } from '../testing/check-repack.ts';
import { repackRef } from './repack.ref.ts';

describe.each(['F32', 'F16', 'BF16'] as const)('repack-rows %s', (type) => {
  it.each([
    { rows: 1, cols: 32, first: 0, step: 1 },
    { rows: 7, cols: 96, first: 1, step: 2 },
    { rows: 33, cols: 576, first: 4, step: 1 },
  ])('$rows rows of $cols, from row $first on, step $step', (shape) => checkRepack(type, shape, repackRef));
});
