import { describe, it } from 'vitest';
import { PORTABLE } from '../kernel.ts';
import { checkMatmul, columnsOf, folded, OTHERS, THOROUGH } from '../testing/run-matmul.ts';
import { mulMatColsKernel } from './mul-mat-cols.kernel.ts';
import * as ref from './mul-mat-cols.ref.ts';

describe.each([{ adapter: PORTABLE }, { adapter: { ...PORTABLE, software: true } }])('mul-mat-cols %o', (adapter) => {
  describe.each(THOROUGH)('%s', (type) => {
    it.each([
      { rows: 67, cols: columnsOf(type)[0] },
      { rows: 24, cols: columnsOf(type)[1] },
    ])('$rows rows of $cols', async ({ rows, cols }) => {
      const options = { type, epilogue: 'store', cols, ...adapter } as const;
      for (const tokens of [2, 4, 7]) await checkMatmul(mulMatColsKernel, options, { rows, tokens, margin: 3 }, ref);
    });

    it('gate and up', async () => {
      const options = { type, epilogue: 'glu', cols: columnsOf(type)[0], ...adapter } as const;
      await checkMatmul(mulMatColsKernel, options, { rows: 70, tokens: 5, margin: 1 }, ref);
    });
  });

  it.each([
    { rows: 1, cols: 32 },
    { rows: 130, cols: 384 },
  ])('$rows rows of $cols', async ({ rows, cols }) => {
    await checkMatmul(
      mulMatColsKernel,
      { type: 'Q4_0', epilogue: 'store', cols, ...adapter },
      { rows, tokens: 3 },
      ref,
    );
  });

  it.each([{ epilogue: 'store' }, { epilogue: 'glu', activation: 'gelu' }, { epilogue: 'gated' }] as const)(
    'adds a bias: %o',
    async (epilogue) => {
      const options = { type: 'F32', cols: 96, bias: true, ...epilogue, ...adapter } as const;
      await checkMatmul(mulMatColsKernel, options, { rows: 38, tokens: 5, margin: 1 }, ref);
    },
  );

  it('adds what adapters make of x', async () => {
    const epilogue = adapter.adapter.software
      ? ({ epilogue: 'glu', bias: true } as const)
      : ({ epilogue: 'store' } as const);
    const options = { type: 'F32', cols: 96, lora: true, ...epilogue, ...adapter } as const;
    await checkMatmul(mulMatColsKernel, options, { rows: 38, tokens: 5, margin: 1 }, ref);
  });

  it('reads the second dimension of the grid', async () => {
    const options = { type: 'F32', epilogue: 'store', cols: 64, ...adapter } as const;
    await checkMatmul(folded(mulMatColsKernel), options, { rows: 650, tokens: 5 }, ref);
  });

  it('counts outputs instead of tokens where it is told to', async () => {
    const options = { type: 'Q4_0', epilogue: 'store', cols: 64, ...adapter } as const;
    await checkMatmul(mulMatColsKernel, options, { rows: 8, tokens: 5, outputs: true }, ref);
  });
});

it.each(OTHERS)('mul-mat-cols %s', async (type) => {
  await checkMatmul(
    mulMatColsKernel,
    { type, epilogue: 'store', cols: columnsOf(type)[0] },
    { rows: 35, tokens: 3 },
    ref,
  );
});
