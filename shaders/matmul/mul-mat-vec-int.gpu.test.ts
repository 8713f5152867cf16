import { describe, expect, it } from 'vitest';
import { PORTABLE } from '../kernel.ts';
import { batchWords, plainTokens } from '../testing/batch-words.ts';
import { testSubgroupSize, testWorkgroupBytes, testWorkgroupThreads } from '../testing/device.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { checkMatmul, columnsOf, folded, type MatmulCase } from '../testing/run-matmul.ts';
import type { MatmulOptions, MatmulVariant } from './fragments.ts';
import { intShapes, mulMatVecIntKernel } from './mul-mat-vec-int.kernel.ts';
import { shapeName } from './vec-shape.ts';
import * as ref from './mul-mat-vec-int.ref.ts';
import { integerFragments, WEIGHT_TYPES, weightLayout } from './weights.ts';
import { testMatrix } from './weights.ref.ts';

const adapter = {
  ...PORTABLE,
  packedDot: true,
  integerDot: true,
  subgroupSize: await testSubgroupSize(),
  workgroupThreads: await testWorkgroupThreads(),
  workgroupBytes: await testWorkgroupBytes(),
};
const INTEGER_TYPES = WEIGHT_TYPES.filter((type) => integerFragments(type));

const kernelOf = (options: MatmulOptions): MatmulVariant => {
  const variant = mulMatVecIntKernel({ ...options, adapter });
  if (!variant) throw new Error(`${options.type} has no kernel in integers`);
  return variant;
};
/** Activations are rounded by 2 ** -16 of the largest of 32; a sum over K of that is below 5e-5 of the largest result. */
const check = (options: MatmulOptions, matmulCase: MatmulCase, variant = kernelOf): Promise<void> =>
  checkMatmul(variant, options, { tolerance: 5e-5, ...matmulCase }, ref);

describe('mul-mat-vec-int', () => {
  it.each(INTEGER_TYPES)('%s', async (type) => {
    const [, cols] = columnsOf(type);
    await check({ type, epilogue: 'store', cols }, { rows: 19, tokens: 2, margin: 3 });
  });

  it.each(['Q8_0', 'Q4_K', 'Q6_K'] as const)('%s: 4 rows a thread, gate and up', async (type) => {
    const options = { type, epilogue: 'glu', cols: columnsOf(type)[1], rows: 100_000 } as const;
    await check(options, { rows: 70, tokens: 1, margin: 1 });
  });

  it.each([32, 1024, 1056, 2048, 3072, 4096, 4160])('%s columns, few rows and many', async (cols) => {
    for (const rows of [0, 100_000])
      await check({ type: 'Q4_0', epilogue: 'store', cols, rows }, { rows: 9, tokens: 1 });
  });

  // 136 blocks: the last chunk of x is not whole in any of them.
  const long = { type: 'Q8_0', epilogue: 'store', cols: 4352, adapter } as const;
  const shapes = new Map(
    [...intShapes(long), ...intShapes({ ...long, rows: 10_000 })].map((one) => [shapeName(one), one]),
  );
  it.each([...shapes].map(([name, shape]) => ({ name, shape })))('in $name', async ({ shape }) => {
    const inShape = (options: MatmulOptions) => mulMatVecIntKernel({ ...options, adapter }, shape)!;
    await check(long, { rows: 37, tokens: 1, margin: 1 }, inShape);
  });

  it('has shapes that the adapter can run and x can fill, the expected one first', () => {
    const optionsOf = (cols: number, workgroupThreads: number, workgroupBytes = 49_152) =>
      ({ type: 'Q4_0', epilogue: 'store', cols, adapter: { ...adapter, workgroupThreads, workgroupBytes } }) as const;
    const names = (cols: number, workgroupThreads: number) =>
      intShapes(optionsOf(cols, workgroupThreads)).map(shapeName);
    expect(names(8192, 1024)).toContain('integers 1024 128 2');
    expect(names(8192, 256).join()).not.toMatch(/integers (384|512|768|1024)/);
    expect(names(1024, 1024)).not.toContain('integers 512 64 2');
    // x of 8,192 in two chunks of 512 threads takes 20 KiB: a GPU that has 16 cannot run it.
    const small = intShapes(optionsOf(8192, 1024, 16_384)).map(({ threads }) => threads);
    expect(small.every((threads) => threads < 512)).toBe(true);
    for (const threads of [256, 1024]) {
      for (const cols of [32, 1024, 3072, 8192]) {
        const all = names(cols, threads);
        expect(new Set(all).size).toBe(all.length);
        const { THREADS, LANES, ROWS } = mulMatVecIntKernel(optionsOf(cols, threads))!.kernel.constants;
        expect(all[0]).toBe(`integers ${THREADS} ${LANES} ${ROWS}`);
      }
    }
  });

  it.each([{ epilogue: 'store' }, { epilogue: 'gated' }] as const)('adds a bias: %o', async ({ epilogue }) => {
    await check({ type: 'Q4_0', cols: 96, bias: true, epilogue }, { rows: 38, tokens: 1, margin: 1 });
  });

  it('adds what adapters make of x', async () => {
    const options = { type: 'Q4_0', cols: 96, epilogue: 'store', rows: 100_000, lora: true } as const;
    await check(options, { rows: 39, tokens: 2, margin: 1 });
  });

  it('counts outputs instead of tokens, in two dimensions of the grid', async () => {
    const options = { type: 'Q4_0', epilogue: 'store', cols: 64 } as const;
    await check(options, { rows: 100, tokens: 3, outputs: true }, folded(kernelOf));
  });

  it.each([{ xScale: 2 ** 20, scaleBits: 0x03ff }, { xScale: 1e-20 }])(
    'denormal scales, tiny activations: %o',
    async (scales) => {
      await check({ type: 'Q4_0', epilogue: 'store', cols: 256 }, { rows: 5, tokens: 1, ...scales });
    },
  );

  it.each([Number.NaN, Infinity, -Infinity])('an activation that is %s is not hidden', async (value) => {
    const { kernel, grid } = kernelOf({ type: 'Q4_0', epilogue: 'store', cols: 96 });
    const { quants, scales } = testMatrix('Q4_0', 5, 96, 1);
    const layout = weightLayout('Q4_0', 5, 96);
    const x = new Float32Array(96).fill(0.5);
    x[40] = value;
    const { y } = await runKernel({
      kernel,
      grid: grid(5, 1),
      params: {
        rows: 5,
        blocks: layout.blocks,
        units_per_row: layout.unitsPerRow,
        scales_per_row: layout.scalesPerRow,
        y_stride: 5,
        y_offset: 0,
        first_row: 0,
        count_at: 0,
      },
      buffers: { batch: batchWords({ tokens: plainTokens(1) }), x, quants, scales, y: new Float32Array(5) },
    });
    for (const sum of new Float32Array(y!)) expect(Number.isFinite(sum)).toBe(false);
  });

  it('is not for floats and tables, nor for adapters without its instruction or subgroups', () => {
    for (const type of ['F16', 'F32', 'IQ4_NL', 'MXFP4'] as const) {
      expect(mulMatVecIntKernel({ type, epilogue: 'store', cols: 256, adapter })).toBeUndefined();
    }
    for (const lesser of [PORTABLE, { ...adapter, subgroupSize: 0 }, { ...adapter, packedDot: false }]) {
      const options = { type: 'Q4_0', epilogue: 'store', cols: 256, adapter: lesser } as const;
      expect(mulMatVecIntKernel(options)).toBeUndefined();
      expect(intShapes(options)).toEqual([]);
    }
  });
});
