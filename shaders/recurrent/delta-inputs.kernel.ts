import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import sigmoid from '../lib/sigmoid.wgsl?raw';
import deltaInputs from './delta-inputs.wgsl?raw';

/**
 * Normalizes queries and keys of the delta rule in place (x / √(Σx² + eps), queries also / √head_dim) and computes its gates.
 *
 * Bindings: 0 params `{k_heads, v_heads (a multiple of k_heads), head_dim (a multiple of 4), stride (floats of a token in qkv, a multiple of 4),
 * raw_stride, alpha_offset, beta_offset (floats), eps}`, 1 qkv `[T, stride]`: `[q: k_heads | k: k_heads | v: v_heads] · head_dim` (updated),
 * 2 raw `[T, raw_stride]`, 3 a and 4 dt_bias `[v_heads]`,
 * 5 gates `[T, v_heads]` of `(exp(a · softplus(alpha + dt_bias)), sigmoid(beta), q·k, 0)` (written); all f32.
 */
export function deltaInputsKernel(): Kernel {
  return defineKernel('delta-inputs-f32', [
    { file: 'shaders/lib/sigmoid.wgsl', text: sigmoid },
    { file: 'shaders/recurrent/delta-inputs.wgsl', text: deltaInputs },
  ]);
}

export function deltaInputsGrid(options: { tokens: number; kHeads: number }): Grid {
  return [options.kHeads, options.tokens, 1];
}
