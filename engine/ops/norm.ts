/**
 * RMSNorm, alone and with the residual addition before it.
 *
 * @module
 */
import { addNormedKernel } from '../../shaders/norm/add-normed.kernel.ts';
import { addRmsNormKernel } from '../../shaders/norm/add-rms-norm.kernel.ts';
import { normQkGrid, normQkKernel } from '../../shaders/norm/norm-qk.kernel.ts';
import { normGrid, rmsNormKernel } from '../../shaders/norm/rms-norm.kernel.ts';
import type { Tap } from '../gpu/dispatch.ts';
import { type Activation, countRows, type ForwardContext } from './context.ts';

const tapOf = (name: string, { buffer, width, rows }: Activation): Tap => ({
  name,
  buffer,
  stride: width,
  columns: [0, width],
  rows,
});

/** out = norm(x) · weight */
export function rmsNorm(f: ForwardContext, x: Activation, weight: GPUBuffer, out: Activation, epsilon: number): void {
  const kernel = rmsNormKernel({ width: x.width, adapter: f.plan.gpu.adapter });
  f.plan.dispatch({
    label: 'rms-norm',
    variants: [{ kernel, minRows: 1, grid: (dims) => normGrid(dims.tokens) }],
    rows: countRows('tokens'),
    buffers: { x: x.buffer, weight, h: out.buffer },
    params: { eps: epsilon },
    bytes: ({ tokens }) => tokens * x.width * 8,
  });
}

/**
 * x += branch · branchScale, or norm(branch) · branchNorm; then out = norm(x) · weight. Where `out` has a row for each output only,
 * so has the work: it gathers the rows whose logits are wanted.
 * @param options.tap names x after the addition
 */
export function addRmsNorm(
  f: ForwardContext,
  x: Activation,
  branch: Activation,
  weight: GPUBuffer,
  out: Activation,
  epsilon: number,
  options: { tap: string; branchScale?: number; branchNorm?: GPUBuffer },
): void {
  const { tap, branchScale = 1, branchNorm } = options;
  const count = countRows(out.rows);
  const residual = tapOf(tap, x);
  f.plan.dispatch({
    label: 'add-rms-norm',
    variants: [
      {
        kernel: addRmsNormKernel({
          width: x.width,
          rows: out.rows,
          branch: branchNorm ? 'normed' : 'scaled',
          adapter: f.plan.gpu.adapter,
        }),
        minRows: 1,
        grid: (dims) => normGrid(count(dims)),
      },
    ],
    rows: count,
    buffers: {
      x: x.buffer,
      r: branch.buffer,
      weight,
      h: out.buffer,
      ...(branchNorm ? { branch_weight: branchNorm } : {}),
    },
    params: { eps: epsilon, branch_scale: branchScale },
    bytes: (dims) => count(dims) * x.width * 16,
    taps: out.rows === 'outputs' ? [residual, tapOf('result_norm', out)] : [residual],
  });
}

/** x += norm(branch) · weight, where what follows reads x as it is. @param tap names x after the addition */
export function addNormed(
  f: ForwardContext,
  x: Activation,
  branch: Activation,
  weight: GPUBuffer,
  epsilon: number,
  tap: string,
): void {
  f.plan.dispatch({
    label: 'add-normed',
    variants: [
      {
        kernel: addNormedKernel({ width: x.width, adapter: f.plan.gpu.adapter }),
        minRows: 1,
        grid: (dims) => normGrid(dims.tokens),
      },
    ],
    rows: countRows('tokens'),
    buffers: { x: x.buffer, r: branch.buffer, weight },
    params: { eps: epsilon },
    bytes: ({ tokens }) => tokens * x.width * 12,
    taps: [tapOf(tap, x)],
  });
}

/** Norms over all queries of a token as one row, and over all its keys, in place. `weight`: of the queries, then of the keys. */
export function normQk(
  f: ForwardContext,
  qkv: Activation,
  qWidth: number,
  kWidth: number,
  weight: GPUBuffer,
  epsilon: number,
): void {
  f.plan.dispatch({
    label: 'norm-qk',
    variants: [
      {
        kernel: normQkKernel({ qWidth, adapter: f.plan.gpu.adapter }),
        minRows: 1,
        grid: (dims) => normQkGrid(dims.tokens),
      },
    ],
    rows: countRows('tokens'),
    buffers: { qkv: qkv.buffer, weight },
    params: { q_width: qWidth, k_width: kWidth, stride: qkv.width, eps: epsilon },
    bytes: ({ tokens }) => tokens * (qWidth + kWidth) * 8,
  });
}
