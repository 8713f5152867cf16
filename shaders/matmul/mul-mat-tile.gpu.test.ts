import { describe, it } from 'vitest';
import { checkMatmul, columnsOf, folded, OTHERS, THOROUGH } from '../testing/run-matmul.ts';
import { mulMatSmallTileKernel, mulMatTileKernel } from './mul-mat-tile.kernel.ts';
import * as ref from './mul-mat-tile.ref.ts';

describe('mul-mat-tile', () => {
  describe.each(THOROUGH)('%s', (type) => {
    it.each([
      { rows: 67, cols: columnsOf(type)[0] },
      { rows: 24, cols: columnsOf(type)[1] },
    ])('$rows rows of $cols', async ({ rows, cols }) => {
      const options = { type, epilogue: 'store', cols } as const;
      for (const tokens of [16, 33, 65]) await checkMatmul(mulMatTileKernel, options, { rows, tokens, margin: 3 }, ref);
    });
  });

  it.each([
    { rows: 1, cols: 32 },
    { rows: 130, cols: 384 },
  ])('$rows rows of $cols', async ({ rows, cols }) => {
    await checkMatmul(mulMatTileKernel, { type: 'Q4_0', epilogue: 'store', cols }, { rows, tokens: 33 }, ref);
  });

  it('gate and up', async () => {
    const options = { type: 'Q4_K', epilogue: 'glu', cols: 768 } as const;
    await checkMatmul(mulMatTileKernel, options, { rows: 70, tokens: 40, margin: 1 }, ref);
  });

  it.each([{ epilogue: 'store' }, { epilogue: 'glu', activation: 'gelu' }, { epilogue: 'gated' }] as const)(
    'adds a bias: %o',
    async (epilogue) => {
      const options = { type: 'F32', cols: 96, bias: true, ...epilogue } as const;
      await checkMatmul(mulMatTileKernel, options, { rows: 38, tokens: 40, margin: 1 }, ref);
    },
  );

  it.each([{ epilogue: 'glu', bias: true }, { epilogue: 'gated' }] as const)(
    'adds what adapters make of x: %o',
    async (epilogue) => {
      const options = { type: 'F32', cols: 96, lora: true, ...epilogue } as const;
      await checkMatmul(mulMatTileKernel, options, { rows: 38, tokens: 40, margin: 1 }, ref);
    },
  );

  it('reads the second dimension of the grid', async () => {
    const options = { type: 'F32', epilogue: 'store', cols: 64 } as const;
    await checkMatmul(folded(mulMatTileKernel), options, { rows: 650, tokens: 40 }, ref);
  });

  it('counts outputs instead of tokens where it is told to', async () => {
    const options = { type: 'Q4_0', epilogue: 'store', cols: 64 } as const;
    await checkMatmul(mulMatTileKernel, options, { rows: 8, tokens: 40, outputs: true }, ref);
  });
});

describe('mul-mat-small-tile', () => {
  it.each([
    { type: 'Q4_0', rows: 1, cols: 32, tokens: 16 },
    { type: 'Q4_0', rows: 70, cols: 96, tokens: 33 },
    { type: 'Q6_K', rows: 67, cols: 768, tokens: 40 },
    { type: 'Q4_0', rows: 33, cols: 160, tokens: 65 },
  ] as const)('$type: $rows rows of $cols, $tokens tokens', async ({ type, rows, cols, tokens }) => {
    await checkMatmul(mulMatSmallTileKernel, { type, epilogue: 'store', cols }, { rows, tokens, margin: 2 }, ref);
  });

  it('gate and up', async () => {
    const options = { type: 'Q4_0', epilogue: 'glu', cols: 96 } as const;
    await checkMatmul(mulMatSmallTileKernel, options, { rows: 38, tokens: 34 }, ref);
  });
});

describe.each(OTHERS)('mul-mat-tile %s', (type) => {
  it.each(columnsOf(type).map((cols) => ({ cols })))('35 rows of $cols', async ({ cols }) => {
    await checkMatmul(mulMatTileKernel, { type, epilogue: 'store', cols }, { rows: 35, tokens: 33 }, ref);
  });
});
