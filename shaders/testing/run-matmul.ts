/**
 * Runs one shape of the matrix product on pseudo-random weights and activations and compares it with the oracle.
 *
 * @module
 */
import { GGML_TYPES } from '../../engine/gguf/types.ts';
import type { Grid } from '../kernel.ts';
import type { GluActivation, MatmulOptions, MatmulVariant } from '../matmul/fragments.ts';
import { toIntegersRef } from '../matmul/to-integers.ref.ts';
import { WEIGHT_TYPES, weightLayout, type WeightType } from '../matmul/weights.ts';
import { testMatrix } from '../matmul/weights.ref.ts';
import { batchWords, plainTokens } from './batch-words.ts';
import { expectClose } from './expect-close.ts';
import { LORA_COLUMNS, loraCase } from './lora-case.ts';
import { noise } from './noise.ts';
import { runKernel } from './run-kernel.ts';

export interface MatmulCase {
  rows: number;
  tokens: number;
  /** Columns of y around the ones that are written, which must stay as they are. Default 0. */
  margin?: number;
  /** All scales, as f16 bits. */
  scaleBits?: number;
  /** T is the number of outputs, not of tokens. */
  outputs?: boolean;
  /** Activations lie in ± this. Default 1. */
  xScale?: number;
  /** Of the largest result. Default 1e-5. */
  tolerance?: number;
}

/** The types that are tested in every shape; the others differ only in what decodes them. */
export const THOROUGH = ['Q8_0', 'Q4_K', 'Q6_K'] as const satisfies WeightType[];
export const OTHERS = WEIGHT_TYPES.filter((type) => !(THOROUGH as readonly WeightType[]).includes(type));

/** A short and a long number of columns of a type, odd multiples of its block. */
export const columnsOf = (type: WeightType): [short: number, long: number] =>
  GGML_TYPES[type].blockElements === 256 ? [768, 2304] : [96, 2080];

const UNTOUCHED = 12_345;
const FIRST_ROW = 3; // of a part of a matrix

export interface MatmulRef {
  mulMatRef(x: Float32Array, w: Float32Array, cols: number): Float32Array;
  biasRef(y: Float32Array, bias: Float32Array): Float32Array;
  loraRef(y: Float32Array, x: Float32Array, a: Float32Array, b: Float32Array, cols: number): Float32Array;
  gluRef(y: Float32Array, activation: GluActivation): Float32Array;
  gatedRef(gates: Float32Array, y: Float32Array, activation: GluActivation): Float32Array;
}

/** The same kernel, its workgroups spread over x and y as they are where one dimension holds too few. */
export function folded(variant: (options: MatmulOptions) => MatmulVariant) {
  return (options: MatmulOptions): MatmulVariant => {
    const { grid, ...rest } = variant(options);
    const fold = ([x, y, z]: Grid): Grid => [Math.ceil(x / 3), y * 3, z];
    return { ...rest, grid: (rows, tokens) => fold(grid(rows, tokens)) };
  };
}

export async function checkMatmul(
  variant: (options: MatmulOptions) => MatmulVariant,
  options: MatmulOptions,
  { rows, tokens, margin = 0, scaleBits, outputs = false, xScale = 1, tolerance = 1e-5 }: MatmulCase,
  ref: MatmulRef,
): Promise<void> {
  const { type, cols } = options;
  const { kernel, grid } = variant(options);
  const { blocks, unitsPerRow, scalesPerRow } = weightLayout(type, rows, cols);
  const { quants, scales, values } = testMatrix(type, rows, cols, rows + cols, scaleBits);
  const padded = Math.ceil(tokens / 64) * 64;
  const x = new Float32Array(padded * cols).fill(NaN); // what is loaded beyond T must not matter
  x.set(noise(tokens, tokens * cols, xScale));
  const bias = noise(rows, FIRST_ROW + rows, xScale * 4);
  const inUse = x.subarray(0, tokens * cols);
  const lora = options.lora ? loraCase(FIRST_ROW + rows, inUse, cols, padded) : undefined;
  const plain = ref.mulMatRef(inUse, values, cols);
  const product = lora ? ref.loraRef(plain, inUse, lora.a, lora.b.subarray(FIRST_ROW * LORA_COLUMNS), cols) : plain;
  const gates = noise(tokens + rows, product.length, 2);
  const expected = epilogueOf(options, ref, product, bias.subarray(FIRST_ROW), gates);
  const width = expected.length / tokens;
  const stride = width + 2 * margin;
  const inColumns = (rowsOfY?: Float32Array) => {
    const all = new Float32Array(padded * stride).fill(UNTOUCHED);
    if (!rowsOfY) return all;
    for (let token = 0; token < tokens; token++) {
      all.set(rowsOfY.subarray(token * width, (token + 1) * width), token * stride + margin);
    }
    return all;
  };
  const batch = outputs
    ? batchWords({ tokens: plainTokens(1), outputs: Array.from({ length: tokens }, () => 0) })
    : batchWords({ tokens: plainTokens(tokens) });
  const params = {
    rows,
    blocks,
    units_per_row: unitsPerRow,
    scales_per_row: scalesPerRow,
    y_stride: stride,
    y_offset: margin,
    first_row: FIRST_ROW,
    count_at: outputs ? 1 : 0,
  };
  const y = inColumns(options.epilogue === 'gated' ? gates : undefined);
  const integers = kernel.bindings.some(({ name }) => name === 'integers') && {
    integers: toIntegersRef(x, cols),
  };
  const buffers = { batch, x, ...integers, quants, scales, bias, ...lora?.buffers, y };
  const result = await runKernel({ kernel, grid: grid(rows, tokens), params, buffers });
  expectCloseToLargest(new Float32Array(result['y']!), inColumns(expected), expected, tolerance);
}

/** What the epilogue makes of the product [tokens, rows]. */
function epilogueOf(
  { epilogue, activation = 'silu', bias: biased = false }: MatmulOptions,
  ref: MatmulRef,
  product: Float32Array,
  bias: Float32Array,
  gates: Float32Array,
): Float32Array {
  const sums = biased ? ref.biasRef(product, bias) : product;
  if (epilogue === 'glu') return ref.gluRef(sums, activation);
  return epilogue === 'gated' ? ref.gatedRef(gates, sums, activation) : sums;
}

/** Relative to the largest of `values`: a small one may be the difference of large terms. */
function expectCloseToLargest(
  actual: Float32Array,
  wanted: Float32Array,
  values: Float32Array,
  tolerance: number,
): void {
  const magnitude = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  expectClose(
    actual.map((v) => v / magnitude),
    wanted.map((v) => v / magnitude),
    tolerance,
  );
}
