/**
 * Products with weight matrices.
 *
 * @module
 */
import type { GluActivation } from '../../shaders/matmul/fragments.ts';
import { matmulKernels } from '../../shaders/matmul/matmul.kernel.ts';
import { BLOCK } from '../../shaders/matmul/weights.ts';
import { type Activation, countRows, type ForwardContext } from './context.ts';

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
  const count = countRows(x.rows);
  weight.segments.forEach((segment, index) => {
    const variants = matmulKernels({
      type: segment.type,
      ...epilogueOf(glu, gated),
      bias: bias !== undefined,
      cols: weight.cols,
      rows: segment.rows,
      adapter: f.plan.gpu.adapter,
    });
    const last = index === weight.segments.length - 1;
    f.plan.dispatch({
      label: glu ? 'matmul-glu' : 'matmul',
      variants: variants.map(({ kernel, grid, minTokens }) => ({
        kernel,
        minRows: minTokens,
        grid: (dims) => grid(segment.rows, count(dims)),
      })),
      rows: count,
      buffers: { x: x.buffer, quants: segment.quants, scales: segment.scales, y: out.buffer, ...(bias && { bias }) },
      params: {
        rows: segment.rows,
        blocks: weight.cols / BLOCK,
        units_per_row: segment.unitsPerRow,
        scales_per_row: segment.scalesPerRow,
        y_stride: out.width,
        y_offset: glu ? segment.firstRow / 2 : segment.firstRow,
        bias_offset: segment.firstRow,
        count_at: COUNT_AT[x.rows],
      },
      bytes: (dims) =>
        segment.quants.size + segment.scales.size + count(dims) * (weight.cols + segment.rows / (glu ? 2 : 1)) * 4,
      flops: (dims) => 2 * count(dims) * segment.rows * weight.cols,
      taps:
        last && tap !== undefined
          ? [{ name: tap, buffer: out.buffer, stride: out.width, columns: [0, out.width], rows: out.rows }]
          : [],
    });
  });
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
