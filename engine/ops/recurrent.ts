/**
 * The gated delta rule (Gated DeltaNet): layers that keep a state of fixed size instead of keys and values.
 *
 * @module
 */
import { causalConvGrid, causalConvKernel } from '../../shaders/recurrent/causal-conv.kernel.ts';
import { deltaInputsGrid, deltaInputsKernel } from '../../shaders/recurrent/delta-inputs.kernel.ts';
import { deltaRule } from '../../shaders/recurrent/delta-rule.kernel.ts';
import { gatedNormGrid, gatedNormKernel } from '../../shaders/recurrent/gated-norm.kernel.ts';
import { sigmoidGateGrid, sigmoidGateKernel } from '../../shaders/recurrent/sigmoid-gate.kernel.ts';
import type { Tap } from '../gpu/dispatch.ts';
import { type Activation, countRows, type ForwardContext } from './context.ts';

/** Some columns of an activation, from `offset` on. */
export interface Columns {
  from: Activation;
  offset: number;
}

const tapOf = (name: string, { buffer, width }: Activation, first = 0, count = width): Tap => ({
  name,
  buffer,
  stride: width,
  columns: [first, count],
  rows: 'tokens',
});

/** out[t, c] = silu(Σ_j weight[c, j] · x[t − taps + 1 + j, c]) along each sequence; `state` [slots, taps − 1, channels]. */
export function causalConv(
  f: ForwardContext,
  x: Columns,
  weight: GPUBuffer,
  taps: number,
  state: GPUBuffer,
  out: Activation,
  tap: string,
): void {
  const channels = out.width;
  f.plan.dispatch({
    label: 'causal-conv',
    variants: [
      {
        kernel: causalConvKernel({ taps }),
        minRows: 1,
        grid: ({ parts, tokens }) => causalConvGrid({ channels, parts, tokens }),
      },
    ],
    rows: countRows('tokens'),
    buffers: { x: x.from.buffer, weight, state, y: out.buffer },
    params: { channels, x_offset: x.offset, x_stride: x.from.width },
    taps: [tapOf(tap, out)],
  });
}

export interface DeltaShape {
  keyHeads: number;
  valueHeads: number;
  /** Of keys and values. */
  headDim: number;
}

/**
 * Normalizes queries and keys of `qkv` [T, (2 · keyHeads + valueHeads) · headDim] in place; gates [T, valueHeads · 4] =
 * (decay, step, q·k, 0) from the raw alphas and betas.
 */
export function deltaInputs(
  f: ForwardContext,
  qkv: Activation,
  shape: DeltaShape,
  raw: { from: Activation; alphaOffset: number; betaOffset: number },
  weights: { a: GPUBuffer; dtBias: GPUBuffer },
  epsilon: number,
  gates: Activation,
  taps: { q: string; k: string },
): void {
  const { keyHeads, valueHeads, headDim } = shape;
  const width = keyHeads * headDim;
  f.plan.dispatch({
    label: 'delta-inputs',
    variants: [
      {
        kernel: deltaInputsKernel(),
        minRows: 1,
        grid: ({ tokens }) => deltaInputsGrid({ tokens, kHeads: keyHeads }),
      },
    ],
    rows: countRows('tokens'),
    buffers: { qkv: qkv.buffer, raw: raw.from.buffer, a: weights.a, dt_bias: weights.dtBias, gates: gates.buffer },
    params: {
      k_heads: keyHeads,
      v_heads: valueHeads,
      head_dim: headDim,
      stride: qkv.width,
      raw_stride: raw.from.width,
      alpha_offset: raw.alphaOffset,
      beta_offset: raw.betaOffset,
      eps: epsilon,
    },
    taps: [tapOf(taps.q, qkv, 0, width), tapOf(taps.k, qkv, width, width)],
  });
}

/** out [T, valueHeads · headDim] = the gated delta rule along each sequence; `state` [slots, valueHeads, headDim, headDim]. */
export function deltaNet(
  f: ForwardContext,
  qkv: Activation,
  gates: Activation,
  shape: DeltaShape,
  state: GPUBuffer,
  out: Activation,
): void {
  const { keyHeads, valueHeads, headDim } = shape;
  const { kernel, grid } = deltaRule({ headDim, software: f.plan.gpu.adapter.software });
  f.plan.dispatch({
    label: 'delta-net',
    variants: [{ kernel, minRows: 1, grid: ({ parts }) => grid(valueHeads, parts) }],
    rows: countRows('tokens'),
    buffers: { qkv: qkv.buffer, gates: gates.buffer, state, out: out.buffer },
    params: { k_heads: keyHeads, v_heads: valueHeads, head_dim: headDim, stride: qkv.width },
  });
}

/** x[t, head] = norm(x[t, head]) · weight · silu(gate[t, head]), in place; heads of `headDim`, the gates as many columns. */
export function gatedNorm(
  f: ForwardContext,
  x: Activation,
  headDim: number,
  weight: GPUBuffer,
  gate: Columns,
  epsilon: number,
  tap: string,
): void {
  const heads = x.width / headDim;
  f.plan.dispatch({
    label: 'gated-norm',
    variants: [
      {
        kernel: gatedNormKernel(),
        minRows: 1,
        grid: ({ tokens }) => gatedNormGrid({ tokens, heads }),
      },
    ],
    rows: countRows('tokens'),
    buffers: { x: x.buffer, weight, gate: gate.from.buffer },
    params: { heads, head_dim: headDim, gate_offset: gate.offset, gate_stride: gate.from.width, eps: epsilon },
    taps: [tapOf(tap, x)],
  });
}

/** x *= sigmoid(gate), in place. */
export function sigmoidGate(f: ForwardContext, x: Activation, gate: Columns, tap: string): void {
  const { width } = x;
  f.plan.dispatch({
    label: 'sigmoid-gate',
    variants: [{ kernel: sigmoidGateKernel(), minRows: 1, grid: ({ tokens }) => sigmoidGateGrid({ tokens, width }) }],
    rows: countRows('tokens'),
    buffers: { x: x.buffer, gate: gate.from.buffer },
    params: { width, gate_offset: gate.offset, gate_stride: gate.from.width },
    taps: [tapOf(tap, x)],
  });
}
