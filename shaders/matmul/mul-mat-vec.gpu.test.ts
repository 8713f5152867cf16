import { describe, expect, it } from 'vitest';
import { PORTABLE } from '../kernel.ts';
import { checkMatmul, columnsOf, folded, OTHERS, THOROUGH } from '../testing/run-matmul.ts';
import type { MatmulOptions } from './fragments.ts';
import { floatShapes, mulMatVecKernel } from './mul-mat-vec.kernel.ts';
import { shapeName } from './vec-shape.ts';
import * as ref from './mul-mat-vec.ref.ts';

describe.each([{ adapter: PORTABLE }, { adapter: { ...PORTABLE, software: true } }])('mul-mat-vec %o', (adapter) => {
  describe.each(THOROUGH)('%s', (type) => {
    it.each([
      { rows: 67, cols: columnsOf(type)[0] },
      { rows: 24, cols: columnsOf(type)[1] },
    ])('$rows rows of $cols', async ({ rows, cols }) => {
      const options = { type, epilogue: 'store', cols, ...adapter } as const;
      for (const tokens of [1, 2]) await checkMatmul(mulMatVecKernel, options, { rows, tokens, margin: 3 }, ref);
    });

    it('gate and up', async () => {
      const options = { type, epilogue: 'glu', cols: columnsOf(type)[0], ...adapter } as const;
      await checkMatmul(mulMatVecKernel, options, { rows: 70, tokens: 1, margin: 1 }, ref);
    });
  });

  it.each([
    { rows: 1, cols: 32 },
    { rows: 130, cols: 384 },
  ])('$rows rows of $cols', async ({ rows, cols }) => {
    await checkMatmul(mulMatVecKernel, { type: 'Q4_0', epilogue: 'store', cols, ...adapter }, { rows, tokens: 3 }, ref);
  });

  it.each([{ epilogue: 'store' }, { epilogue: 'glu', activation: 'gelu' }, { epilogue: 'gated' }] as const)(
    'adds a bias: %o',
    async (epilogue) => {
      const options = { type: 'F32', cols: 96, bias: true, ...epilogue, ...adapter } as const;
      await checkMatmul(mulMatVecKernel, options, { rows: 38, tokens: 2, margin: 1 }, ref);
    },
  );

  it('adds what adapters make of x', async () => {
    const epilogue = adapter.adapter.software
      ? ({ epilogue: 'glu', bias: true } as const)
      : ({ epilogue: 'store' } as const);
    const options = { type: 'F32', cols: 96, lora: true, ...epilogue, ...adapter } as const;
    await checkMatmul(mulMatVecKernel, options, { rows: 38, tokens: 2, margin: 1 }, ref);
  });

  it('reads the second dimension of the grid', async () => {
    const options = { type: 'F32', epilogue: 'store', cols: 64, ...adapter } as const;
    await checkMatmul(folded(mulMatVecKernel), options, { rows: 650, tokens: 2 }, ref);
  });

  it('counts outputs instead of tokens where it is told to', async () => {
    const options = { type: 'Q4_0', epilogue: 'store', cols: 64, ...adapter } as const;
    await checkMatmul(mulMatVecKernel, options, { rows: 8, tokens: 1, outputs: true }, ref);
  });
});

describe('mul-mat-vec', () => {
  it.each(['Q4_0', 'Q8_0', 'F16'] as const)('%s: denormal f16s', async (type) => {
    const options = { type, epilogue: 'store', cols: 256 } as const;
    // The result is tiny: it is brought to 1 by activations of 2 ** 20.
    await checkMatmul(mulMatVecKernel, options, { rows: 5, tokens: 1, scaleBits: 0x03ff, xScale: 2 ** 20 }, ref);
  });

  it('spreads more rows than one grid dimension holds', () => {
    const { grid } = mulMatVecKernel({ type: 'Q4_0', epilogue: 'store', cols: 4096 });
    const [x, y, z] = grid(300_001, 3);
    expect(Math.max(x, y)).toBeLessThanOrEqual(65_535);
    expect(x * y * 4).toBeGreaterThanOrEqual(300_001);
    expect(z).toBe(3);
  });
});

it.each(OTHERS)('mul-mat-vec %s', async (type) => {
  await checkMatmul(
    mulMatVecKernel,
    { type, epilogue: 'store', cols: columnsOf(type)[1] },
    { rows: 35, tokens: 2 },
    ref,
  );
});

describe('mul-mat-vec in other shapes', () => {
  const options = { type: 'F32', epilogue: 'store', cols: 544 } as const;
  it.each(floatShapes(options).map((shape) => ({ name: shapeName(shape), shape })))('$name', async ({ shape }) => {
    const inShape = (wanted: MatmulOptions) => mulMatVecKernel(wanted, shape);
    await checkMatmul(inShape, options, { rows: 35, tokens: 1, margin: 1 }, ref);
  });

  it('has none in which threads of a short row have nothing to do', () => {
    const lanes = floatShapes({ ...options, cols: 32 }).map((shape) => shape.lanes);
    expect(Math.max(...lanes)).toBe(8);
  });
});
