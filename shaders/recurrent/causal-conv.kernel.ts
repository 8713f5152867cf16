import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import silu from '../lib/silu.wgsl?raw';
import causalConv from './causal-conv.wgsl?raw';

/** Tokens of one thread: enough that the inputs it reads again do not count, few enough that a long prompt fills a GPU. */
const CHUNK = 32;
const THREADS = 64;

/**
 * `y[t, c] = silu(Σ_j weight[c, j] · x[t - taps + 1 + j, c])` along each sequence, whose earlier inputs are in `state`.
 *
 * Bindings: 0 params `{channels, x_offset, x_stride (floats)}`, 1 batch (its parts), 2 x `[T, x_stride]`,
 * 3 weight `[channels, taps]`, 4 state `[slots, taps - 1, channels]` (updated), 5 y `[T, channels]` (written); all f32.
 * @param options.taps from 2 to 32
 */
export function causalConvKernel(options: { taps: number }): Kernel {
  const { taps } = options;
  if (taps < 2 || taps > CHUNK) throw new Error(`${taps} taps; from 2 to ${CHUNK} are possible`);
  return defineKernel(`causal-conv-f32-${taps}`, [
    { file: 'prelude', text: `const TAPS: u32 = ${taps}u;\nconst CHUNK: u32 = ${CHUNK}u;` },
    { file: 'shaders/lib/batch.wgsl', text: batch },
    { file: 'shaders/lib/silu.wgsl', text: silu },
    { file: 'shaders/recurrent/causal-conv.wgsl', text: causalConv },
  ]);
}

/** `tokens`: of the whole batch; no part is longer. */
export function causalConvGrid(options: { channels: number; parts: number; tokens: number }): Grid {
  const { channels, parts, tokens } = options;
  return [Math.ceil(channels / THREADS), parts, Math.ceil(tokens / CHUNK)];
}
