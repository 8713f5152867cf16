/**
 * Products with weight matrices.
 *
 * @module
 */
import type { GluActivation, MatmulOptions, MatmulVariant } from '../../shaders/matmul/fragments.ts';
import {
  fewTokensKernel,
  matmulKernels,
  productName,
  vecKernel,
  vecShapes,
} from '../../shaders/matmul/matmul.kernel.ts';
import { MIN_TOKENS, TOKENS } from '../../shaders/matmul/mul-mat-cols-int.kernel.ts';
import { integersBytes, toIntegersGrid, toIntegersKernel } from '../../shaders/matmul/to-integers.kernel.ts';
import { shapeName } from '../../shaders/matmul/vec-shape.ts';
import { BLOCK } from '../../shaders/matmul/weights.ts';
import type { Choice, Dims, Dispatch, Scratch, Tap, Variant } from '../gpu/dispatch.ts';
import {
  type Activation,
  capacityOf,
  countRows,
  type ForwardContext,
  type Matrix,
  type MatrixSegment,
} from './context.ts';

/** Words of the batch's header that hold the number of rows (`shaders/lib/batch.wgsl`). */
const COUNT_AT = { tokens: 0, outputs: 1 };

/**
 * out[row, :] = W · x[row, :], and `name.bias` [rows of W] where the file has one; W is the matrix of that name. With `glu`, W's rows (and the bias with them)
 * alternate between gate and up, and out has half as many columns: glu(gate) · up. With `gated`, out holds the gates and becomes
 * gated(gate) · that.
 */
export function linear(
  f: ForwardContext,
  x: Activation,
  name: string,
  out: Activation,
  options: { glu?: GluActivation; gated?: GluActivation; tap?: string } = {},
): void {
  const { glu, gated, tap } = options;
  const weight = f.weights.matrix(name);
  const bias = f.weights.optional(`${name}.bias`);
  const lora = weight.lora?.of === 'product' ? weight.lora : undefined;
  const added = { ...(bias && { bias }), ...(lora && { lora_b: lora.factors, lora_x: compress(f, x, lora.a) }) };
  const count = countRows(x.rows);
  const products = weight.segments.map((segment) => {
    const { type, rows } = segment;
    const { adapter } = f.plan.gpu;
    const epilogue = { bias: bias !== undefined, lora: lora !== undefined, ...epilogueOf(glu, gated) };
    const product: MatmulOptions = { type, rows, cols: weight.cols, adapter, ...epilogue };
    const wanted = { ...product, shape: f.plan.gpu.shapes.get(productName(product)) };
    return { segment, wanted, variants: matmulKernels(wanted), few: fewTokensKernel(wanted) };
  });
  const integers = toIntegers(f, x, weight.cols, Math.max(0, ...products.map(({ few }) => few?.maxTokens ?? 0)));
  products.forEach(({ segment, wanted, variants, few }, index) => {
    const inFew = (dims: Dims) => few !== undefined && few.minTokens <= count(dims) && count(dims) <= few.maxTokens;
    const to = { y: out.buffer, stride: out.width, offset: glu ? segment.firstRow / 2 : segment.firstRow };
    const product = productOf(x, weight.cols, segment, to, glu ? 'matmul-glu' : 'matmul');
    const buffers = { ...product.buffers, ...(integers && { integers }), ...added };
    const asVariant = variantOf(segment.rows, count);
    if (few) {
      const rows = (dims: Dims) => (inFew(dims) ? count(dims) : 0);
      f.plan.dispatch({ ...product, buffers, variants: [asVariant(few)], rows });
    }
    const rows = (dims: Dims) => (inFew(dims) ? 0 : count(dims));
    const isLast = index === weight.segments.length - 1;
    const taps = isLast && tap !== undefined ? [tapOf(tap, out)] : [];
    const choice = choiceOf(wanted, asVariant);
    f.plan.dispatch({ ...product, buffers, variants: variants.map(asVariant), rows, taps, ...(choice && { choice }) });
  });
}

/** The dispatch of one segment's product, without what chooses its kernel. */
function productOf(
  x: Activation,
  cols: number,
  segment: MatrixSegment,
  { y, stride, offset }: { y: GPUBuffer | Scratch; stride: number; offset: number },
  label: string,
): Omit<Dispatch, 'variants' | 'rows'> {
  const count = countRows(x.rows);
  const { rows, firstRow, quants, scales } = segment;
  return {
    label,
    buffers: { x: x.buffer, quants, scales, y },
    params: {
      rows,
      blocks: cols / BLOCK,
      units_per_row: segment.unitsPerRow,
      scales_per_row: segment.scalesPerRow,
      y_stride: stride,
      y_offset: offset,
      first_row: firstRow,
      count_at: COUNT_AT[x.rows],
    },
    bytes: (dims) => quants.size + scales.size + count(dims) * (cols + rows / (label === 'matmul-glu' ? 2 : 1)) * 4,
    flops: (dims) => 2 * count(dims) * rows * cols,
  };
}

/** The shapes of the variant for one token, where there are several. */
function choiceOf(product: MatmulOptions, asVariant: (variant: MatmulVariant) => Variant): Choice | undefined {
  const shapes = vecShapes(product).map(shapeName);
  if (shapes.length < 2) return undefined;
  return { key: productName(product), shapes, variant: (shape) => asVariant(vecKernel({ ...product, shape })) };
}

/** A · x of adapters: [rows of x, rows of A]. */
function compress(f: ForwardContext, x: Activation, a: Matrix): Scratch {
  const count = countRows(x.rows);
  const y = f.plan.scratch('what adapters make of activations', capacityOf(x) * a.rows * 4);
  for (const segment of a.segments) {
    const { type, rows, firstRow } = segment;
    const { adapter } = f.plan.gpu;
    const variants = matmulKernels({ type, rows, cols: a.cols, adapter, epilogue: 'store' });
    f.plan.dispatch({
      ...productOf(x, a.cols, segment, { y, stride: a.rows, offset: firstRow }, 'matmul-lora'),
      variants: variants.map(variantOf(rows, count)),
      rows: count,
    });
  }
  return y;
}

function tapOf(name: string, { buffer, width, rows }: Activation): Tap {
  return { name, buffer, stride: width, columns: [0, width], rows };
}

/** As the plan has it, of a matrix of so many rows. */
const variantOf =
  (rows: number, count: (dims: Dims) => number) =>
  ({ kernel, grid, minTokens }: MatmulVariant): Variant => ({
    kernel,
    minRows: minTokens,
    grid: (dims) => grid(rows, count(dims)),
  });

/** Integers of x for the products of few tokens, at most `maxTokens`; none where there are no such products. */
function toIntegers(f: ForwardContext, x: Activation, cols: number, maxTokens: number): Scratch | undefined {
  if (maxTokens === 0) return undefined;
  const count = countRows(x.rows);
  const integers = f.plan.scratch('activations as integers', integersBytes(cols, maxTokens + TOKENS - 1));
  f.plan.dispatch({
    label: 'matmul-integers',
    variants: [{ kernel: toIntegersKernel(), minRows: 1, grid: (dims) => toIntegersGrid(cols, count(dims)) }],
    rows: (dims) => (count(dims) >= MIN_TOKENS && count(dims) <= maxTokens ? count(dims) : 0),
    buffers: { x: x.buffer, integers },
    params: { blocks: cols / BLOCK, count_at: COUNT_AT[x.rows] },
    bytes: (dims) => count(dims) * cols * 4 + integersBytes(cols, count(dims)),
  });
  return integers;
}

function epilogueOf(glu?: GluActivation, gated?: GluActivation) {
  if (glu) return { epilogue: 'glu', activation: glu } as const;
  return gated ? ({ epilogue: 'gated', activation: gated } as const) : ({ epilogue: 'store' } as const);
}

/**
 * out = activation(gate) · up of a layer's feed-forward: one product where the file's types allow to interleave the two matrices
 * (`ffn_gate_up`), else one after the other.
 */
export function gateUp(
  f: ForwardContext,
  x: Activation,
  blk: string,
  activation: GluActivation,
  out: Activation,
): void {
  if (f.weights.has(`${blk}.ffn_gate_up`)) {
    linear(f, x, `${blk}.ffn_gate_up`, out, { glu: activation });
  } else {
    linear(f, x, `${blk}.ffn_gate`, out);
    linear(f, x, `${blk}.ffn_up`, out, { gated: activation });
  }
}

/** logits = the head, or the embedding where that serves as head. */
export function outputHead(f: ForwardContext, x: Activation, logits: Activation, options: { tap?: string } = {}): void {
  linear(f, x, f.weights.has('output') ? 'output' : 'token_embd', logits, options);
}
