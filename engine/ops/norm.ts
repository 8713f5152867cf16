/**
 * RMSNorm, alone and with the residual addition before it.
 *
 * @module
 */
import { addRmsNormKernel } from '../../shaders/norm/add-rms-norm.kernel.ts';
import { normGrid, rmsNormKernel } from '../../shaders/norm/rms-norm.kernel.ts';
import { type Activation, countRows, type ForwardContext } from './context.ts';

/** out = norm(x) · weight */
export function rmsNorm(f: ForwardContext, x: Activation, weight: GPUBuffer, out: Activation, epsilon: number): void {
  const kernel = rmsNormKernel({ width: x.width });
  f.plan.dispatch({
    label: 'rms-norm',
    variants: [{ kernel, minRows: 1, grid: (dims) => normGrid(dims.tokens) }],
    rows: countRows('tokens'),
    buffers: { x: x.buffer, weight, h: out.buffer },
    params: { width: x.width, eps: epsilon },
  });
}

/**
 * x += branch, then out = norm(x) · weight. Where `out` has a row for each output only, so has the work: it gathers the
 * rows whose logits are wanted.
 * @param tap names x after the addition
 */
export function addRmsNorm(
  f: ForwardContext,
  x: Activation,
  branch: Activation,
  weight: GPUBuffer,
  out: Activation,
  epsilon: number,
  tap: string,
): void {
  const count = countRows(out.rows);
  const residual = { name: tap, buffer: x.buffer, stride: x.width, columns: [0, x.width] as const, rows: x.rows };
  const normed = {
    name: 'result_norm',
    buffer: out.buffer,
    stride: x.width,
    columns: [0, x.width] as const,
    rows: out.rows,
  };
  f.plan.dispatch({
    label: 'add-rms-norm',
    variants: [
      {
        kernel: addRmsNormKernel({ width: x.width, rows: out.rows }),
        minRows: 1,
        grid: (dims) => normGrid(count(dims)),
      },
    ],
    rows: count,
    buffers: { x: x.buffer, r: branch.buffer, weight, h: out.buffer },
    params: { width: x.width, eps: epsilon },
    taps: out.rows === 'outputs' ? [residual, normed] : [residual],
  });
}
