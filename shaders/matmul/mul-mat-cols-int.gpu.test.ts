import { describe, it } from 'vitest';
import { PORTABLE } from '../kernel.ts';
import { testSubgroupSize } from '../testing/device.ts';
import { checkMatmul, columnsOf, folded, type MatmulCase } from '../testing/run-matmul.ts';
import type { MatmulOptions, MatmulVariant } from './fragments.ts';
import { mulMatColsIntKernel } from './mul-mat-cols-int.kernel.ts';
import * as ref from './mul-mat-cols-int.ref.ts';

const adapter = { ...PORTABLE, packedDot: true, integerDot: true, subgroupSize: await testSubgroupSize() };

const kernelOf = (options: MatmulOptions): MatmulVariant => {
  const variant = mulMatColsIntKernel({ ...options, adapter });
  if (!variant) throw new Error(`${options.type} has no kernel in integers`);
  return variant;
};
/** Activations are rounded by 2 ** -16 of the largest of 32; a sum over K of that is below 5e-5 of the largest result. */
const check = (options: MatmulOptions, matmulCase: MatmulCase, variant = kernelOf): Promise<void> =>
  checkMatmul(variant, options, { tolerance: 5e-5, ...matmulCase }, ref);

// What decodes a type is tested by mul-mat-vec-int, which has the same fragments.
describe('mul-mat-cols-int', () => {
  it.each(['Q8_0', 'Q4_K', 'Q6_K'] as const)('%s', async (type) => {
    const [short, long] = columnsOf(type);
    for (const tokens of [2, 4, 7]) {
      await check({ type, epilogue: 'store', cols: short }, { rows: 35, tokens, margin: 3 });
    }
    await check({ type, epilogue: 'store', cols: long }, { rows: 19, tokens: 3 });
  });

  it('few threads a row, gate and up, a bias', async () => {
    const options = { type: 'Q4_0', epilogue: 'glu', cols: 1056, rows: 100_000, bias: true } as const;
    await check(options, { rows: 70, tokens: 5, margin: 1 });
  });

  it('adds what adapters make of x', async () => {
    const options = { type: 'Q4_0', cols: 96, epilogue: 'glu', bias: true, lora: true } as const;
    await check(options, { rows: 38, tokens: 5, margin: 1 });
  });

  it('counts outputs instead of tokens, in two dimensions of the grid', async () => {
    const options = { type: 'Q4_0', epilogue: 'store', cols: 64 } as const;
    await check(options, { rows: 100, tokens: 3, outputs: true }, folded(kernelOf));
  });
});
