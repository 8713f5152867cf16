import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import silu from '../lib/silu.wgsl?raw';
import { sumFragments } from '../norm/norm-threads.ts';
import gatedNorm from './gated-norm.wgsl?raw';

/** A vec4 of a head of 128 each. */
const THREADS = 32;

/**
 * `x[t, head] = x[t, head] / sqrt(mean(x[t, head]²) + eps) * weight * silu(gate[t, head])`, in place.
 *
 * Bindings: 0 params `{heads, head_dim, gate_offset, gate_stride (floats; multiples of 4), eps}`, 1 x `[T, heads, head_dim]` (updated),
 * 2 weight `[head_dim]`, 3 gate `[T, gate_stride]`; all f32.
 */
export function gatedNormKernel(): Kernel {
  return defineKernel('gated-norm-f32', [
    { file: 'shaders/lib/silu.wgsl', text: silu },
    ...sumFragments(THREADS),
    { file: 'shaders/recurrent/gated-norm.wgsl', text: gatedNorm },
  ]);
}

export function gatedNormGrid(options: { tokens: number; heads: number }): Grid {
  return [options.heads, options.tokens, 1];
}
