import { describe, expect, it } from 'vitest';
import { MATRIX_WORKGROUP_BYTES, PORTABLE } from '../kernel.ts';
import { compileErrors, testSubgroupMatrices } from '../testing/device.ts';
import { checkMatmul, folded, type MatmulCase } from '../testing/run-matmul.ts';
import { EMULATED_MATRICES } from '../testing/subgroup-matrices.ts';
import type { MatmulOptions } from './fragments.ts';
import type { MatrixTile } from './mul-mat-subgroup-matrix.entry.ts';
import {
  LARGE,
  MIDDLE,
  mulMatSubgroupMatrixKernel,
  mulMatSubgroupMatrixKernels,
  SMALL,
  SUBGROUP_MATRICES,
} from './mul-mat-subgroup-matrix.kernel.ts';
import * as ref from './mul-mat-subgroup-matrix.ref.ts';
import { WEIGHT_TYPES } from './weights.ts';

const real = await testSubgroupMatrices();
const tolerance = 5e-4; // f16 has 11 bits

const STORE = { type: 'Q4_0', epilogue: 'store', cols: 96 } as const satisfies MatmulOptions;
const GATED = {
  type: 'Q8_0',
  epilogue: 'gated',
  activation: 'gelu',
  cols: 96,
  bias: true,
} as const satisfies MatmulOptions;
const GLU = { type: 'Q5_0', epilogue: 'glu', cols: 160 } as const satisfies MatmulOptions;

/**
 * Where there are no subgroup matrices, a stand-in for them is tested in tiles with all that the real ones have, small enough for its
 * factors of 4 bytes; a pipeline takes software adapters seconds, hence one for each.
 */
const TILES: [name: string, tile: MatrixTile, options: MatmulOptions][] = real
  ? [LARGE, MIDDLE, SMALL].flatMap((tile) =>
      [STORE, GATED, GLU].map((options): (typeof TILES)[number] => [`${tile.rows} ${options.epilogue}`, tile, options]),
    )
  : [
      ['one buffer', { ...LARGE, rows: 64, tokens: 32 }, STORE],
      ['two buffers', { ...MIDDLE, rows: 32, tokens: 16, subgroups: [2, 1, 2], slots: 2 }, GATED],
    ];

const kernelWith = (tile: MatrixTile) => (options: MatmulOptions) =>
  mulMatSubgroupMatrixKernel(options, tile, 1, real ? SUBGROUP_MATRICES : EMULATED_MATRICES);

describe.each(TILES)(`mul-mat-subgroup-matrix, ${real ? '' : 'emulated, '}%s`, (_name, tile, options) => {
  const kernel = kernelWith(tile);
  const check = (shape: MatmulCase, cols = options.cols) =>
    checkMatmul(kernel, { ...options, cols }, { tolerance, margin: 1, ...shape }, ref);

  it('tiles that are full and others', async () => {
    await check({ rows: 130, tokens: 70 });
    await check({ rows: 34, tokens: 17 }, 32);
  });

  it('activations beyond what f16 holds, and small ones', async () => {
    await check({ rows: 66, tokens: 33, xScale: 1e6 });
    await check({ rows: 66, tokens: 33, xScale: 1e-3 });
  });

  it('the second dimension of the grid, outputs instead of tokens', async () => {
    await checkMatmul(folded(kernel), options, { rows: 150, tokens: 20, outputs: true, tolerance }, ref);
  });
});

describe('mul-mat-subgroup-matrix', () => {
  it.each(TILES.filter(([, , { bias }]) => real || bias))(
    'what adapters make of x: %s',
    async (_name, tile, options) => {
      const shape = { rows: 66, tokens: 33, tolerance, margin: 1 };
      await checkMatmul(kernelWith(tile), { ...options, lora: true }, shape, ref);
    },
  );

  it.each(real ? WEIGHT_TYPES : [])('%s', async (type) => {
    const options = { type, epilogue: 'store', cols: 768 } as const;
    for (const tile of [LARGE, MIDDLE, SMALL]) {
      await checkMatmul((o) => mulMatSubgroupMatrixKernel(o, tile), options, { rows: 35, tokens: 33, tolerance }, ref);
    }
  });

  it.each([64, 896, 2048, 16_384, 128_256])('takes larger tiles for more tokens, %d rows', (rows) => {
    const adapter = { ...PORTABLE, subgroupMatrix: true };
    const from = mulMatSubgroupMatrixKernels({ ...STORE, rows, adapter })!.map(({ minTokens }) => minTokens);
    expect(from).toEqual([...new Set(from)].toSorted((a, b) => a - b));
  });

  it('leaves what f16 cannot hold to others', () => {
    const options = { ...STORE, rows: 4096 };
    expect(mulMatSubgroupMatrixKernels(options)).toBeUndefined();
    const adapter = { ...PORTABLE, subgroupMatrix: true };
    expect(mulMatSubgroupMatrixKernels({ ...options, type: 'F32', adapter })).toBeUndefined();
  });

  it.each([LARGE, MIDDLE, SMALL])('compiles, in the memory that is asked for: %o', async (tile) => {
    for (const type of WEIGHT_TYPES) {
      const { kernel } = mulMatSubgroupMatrixKernel(
        { type, epilogue: 'store', cols: 768, lora: type === 'Q4_0' },
        tile,
      );
      expect(await compileErrors(kernel)).toEqual([]);
    }
    const { rows, tokens, subgroups, step, buffers, padding, slots } = tile;
    const staged = buffers * (rows + tokens) * (step + subgroups[2] * padding) * 2;
    expect(staged + slots * 1024 + 32).toBeLessThanOrEqual(MATRIX_WORKGROUP_BYTES);
  });
});
