// Shapes at the ends of what models have: long prompts, many heads, matrices that must be split over several bindings.
import { expect, test } from 'vitest';
import type { LoadOptions } from '../../engine/runtime/engine.ts';
import { PORTABLE } from '../../shaders/kernel.ts';
import { distance, expectSameGreedy, spread } from './compare.ts';
import { integerAdapter, matrixAdapter, openModel } from './load-engine.ts';
import { f32, randomModel, type RandomModel } from './random-model.ts';
import { Reference } from './reference.ts';
import { floatTwin } from './twin.ts';

/** Of a log-probability. llama.cpp adds its angles up in f32, which shows at large positions. */
const TOLERANCE = 0.002;
/** Where activations are rounded to 16 bits: some times the 0.001 that is seen. */
const INTEGER_TOLERANCE = 0.005;
/** Where factors are rounded to f16: as with the 16-bit cache. */
const MATRIX_TOLERANCE = 0.02;
const matrices = await matrixAdapter();

const SMALL = {
  architecture: 'llama',
  type: 'F32',
  layers: 1,
  width: 64,
  heads: 2,
  kvHeads: 1,
  headDim: 32,
  ffn: 64,
} as const;

async function check(
  name: string,
  shape: RandomModel,
  options: {
    tokens: number;
    greedy?: number;
    tolerance?: number;
    pretended?: Parameters<typeof openModel>[2];
    load?: LoadOptions;
  },
): Promise<void> {
  const { tokens, greedy = 4, tolerance = TOLERANCE, pretended, load } = options;
  const path = randomModel(name, shape);
  const model = await openModel(path, { kvType: 'f32', ...load }, pretended);
  const reference = await Reference.open(
    shape.type === 'F32' ? path : await floatTwin(path, 'F32'),
    model.contextTokens,
  );
  try {
    const ids = spread(tokens, model.hp.vocab);
    const { worst, divergence } = await distance(model, reference, ids);
    console.log(`${name}, ${tokens} tokens: ${worst.toExponential(1)}, KL ${divergence.toExponential(1)}`);
    expect(worst).toBeLessThan(tolerance);
    await expectSameGreedy(model, ids, (await reference.predict(ids, greedy)).greedy, tolerance);
  } finally {
    model.release();
    await reference.close();
  }
}

test('a prompt of 4,096 tokens', async () => {
  const load = { contextTokens: 4200 };
  await check('long', { ...SMALL, context: 8192, more: { 'rope.freq_base': f32(5e5) } }, { tokens: 4096, load });
});

test('a prompt of 4,096 tokens, sliding windows of 1,024', async () => {
  const shape: RandomModel = {
    ...SMALL,
    architecture: 'gemma3',
    embeddingGain: 1,
    layers: 2,
    context: 8192,
    tied: true,
    qkNorm: 'heads',
    norms: 'both',
    more: { 'attention.sliding_window': 1024, 'attention.sliding_window_pattern': 2, 'rope.freq_base': f32(1e6) },
  };
  await check('long-windows', shape, { tokens: 4096, load: { contextTokens: 4200 } });
});

test('attention in splits, all of it and in sliding windows of 200', async () => {
  const shape: RandomModel = {
    ...SMALL,
    architecture: 'gemma3',
    embeddingGain: 1,
    layers: 2,
    context: 2048,
    tied: true,
    qkNorm: 'heads',
    norms: 'both',
    more: { 'attention.sliding_window': 200, 'attention.sliding_window_pattern': 2, 'rope.freq_base': f32(1e6) },
  };
  await check('splits', shape, { tokens: 500, pretended: { adapter: PORTABLE } });
});

test('products in integers, one token, few and then one', async () => {
  const type = 'Q4_0' as const;
  const shape = { ...SMALL, width: 256, heads: 4, kvHeads: 2, headDim: 64, ffn: 1280, layers: 2, type };
  const pretended = { adapter: await integerAdapter() };
  for (const tokens of [1, 7]) {
    await check(`integers-${type}`.toLowerCase(), shape, { tokens, pretended, tolerance: INTEGER_TOLERANCE });
  }
});

// The products themselves are tested everywhere: mul-mat-subgroup-matrix.gpu.test.ts has a stand-in.
test.each(matrices ? (['Q4_0', 'Q6_K', 'BF16'] as const) : [])('products on matrix units: %s', async (type) => {
  const shape = { ...SMALL, width: 256, heads: 4, kvHeads: 2, headDim: 64, ffn: 1280, layers: 2, type };
  const pretended = { adapter: matrices! };
  for (const tokens of [40, 300]) {
    await check(`matrices-${type}`.toLowerCase(), shape, { tokens, pretended, tolerance: MATRIX_TOLERANCE });
  }
});

test('Phi 3 beyond its original context: the other factors', async () => {
  const shape: RandomModel = {
    ...SMALL,
    architecture: 'phi3',
    kvHeads: 2,
    context: 1024,
    joint: true,
    ropeFactors: 'two',
    more: { 'rope.scaling.type': 'longrope', 'rope.scaling.original_context_length': 256 },
  };
  for (const contextTokens of [250, 600]) await check('long-rope', shape, { tokens: 200, load: { contextTokens } });
});

test.each([
  { heads: 64, kvHeads: 64, headDim: 32 },
  { heads: 64, kvHeads: 1, headDim: 64 },
  { heads: 3, kvHeads: 3, headDim: 96 },
  { heads: 10, kvHeads: 2, headDim: 80 },
])('$heads heads of $headDim over $kvHeads', async (shape) => {
  const width = 96;
  await check(`heads-${Object.values(shape).join('-')}`, { ...SMALL, ...shape, width }, { tokens: 40 });
});

test.each(['F32', 'Q6_K'] as const)('embedding, head and products split over many bindings: %s', async (type) => {
  const shape = { ...SMALL, width: 256, heads: 4, kvHeads: 2, headDim: 64, ffn: 256, type };
  for (const software of [true, false]) {
    const pretended = { maxMatrixBytes: 24_000, adapter: { ...PORTABLE, software } };
    await check(`split-${type}`.toLowerCase(), shape, { tokens: 30, pretended });
  }
});

test('a vocabulary of 262,144, its matrices split', async () => {
  const shape: RandomModel = { ...SMALL, type: 'Q8_0', vocab: 262_144, tied: true };
  await check('vocabulary', shape, { tokens: 20, greedy: 2, pretended: { maxMatrixBytes: 5_000_000 } });
});
