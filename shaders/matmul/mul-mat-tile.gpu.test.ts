import { describe, it } from 'vitest';
import { checkMatmul, folded } from '../testing/run-matmul.ts';
import { mulMatTileKernel } from './mul-mat-tile.kernel.ts';
import * as ref from './mul-mat-tile.ref.ts';
import { WEIGHT_TYPES } from './weights.ts';

describe.each([{ software: false }])('mul-mat-tile %o', (adapter) => {
  describe.each(WEIGHT_TYPES)('%s', (type) => {
    it.each([
      { rows: 1, cols: 32 },
      { rows: 67, cols: 96 },
      { rows: 130, cols: 384 },
      { rows: 24, cols: 2080 },
    ])('$rows rows of $cols', async ({ rows, cols }) => {
      for (const tokens of [16, 33, 64]) {
        await checkMatmul(
          mulMatTileKernel,
          { type, epilogue: 'store', cols, ...adapter },
          { rows, tokens, margin: 3 },
          ref,
        );
      }
    });

    it('gate and up', async () => {
      const options = { type, epilogue: 'glu', cols: 160, ...adapter } as const;
      await checkMatmul(mulMatTileKernel, options, { rows: 70, tokens: 40, margin: 1 }, ref);
    });
  });

  it.each([{ epilogue: 'store' }, { epilogue: 'glu', activation: 'gelu' }] as const)(
    'adds a bias: %o',
    async (epilogue) => {
      const options = { type: 'F32', cols: 96, bias: true, ...epilogue, ...adapter } as const;
      await checkMatmul(mulMatTileKernel, options, { rows: 38, tokens: 40, margin: 1 }, ref);
    },
  );

  it('reads the second dimension of the grid', async () => {
    const options = { type: 'F32', epilogue: 'store', cols: 64, ...adapter } as const;
    await checkMatmul(folded(mulMatTileKernel), options, { rows: 650, tokens: 40 }, ref);
  });

  it('counts outputs instead of tokens where it is told to', async () => {
    const options = { type: 'Q4_0', epilogue: 'store', cols: 64, ...adapter } as const;
    await checkMatmul(mulMatTileKernel, options, { rows: 8, tokens: 40, outputs: true }, ref);
  });
});
