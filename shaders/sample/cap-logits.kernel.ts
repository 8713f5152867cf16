import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import capLogits from './cap-logits.wgsl?raw';

const THREADS = 64;

/**
 * `logits = cap · tanh(logits · scale / cap)`, or `logits · scale` where cap is 0.
 *
 * Bindings: 0 params `{vocab, scale, cap}`, 1 batch, 2 logits `[R, vocab]` f32 (updated).
 */
export function capLogitsKernel(): Kernel {
  return defineKernel('cap-logits-f32', [
    { file: 'shaders/lib/batch.wgsl', text: batch },
    { file: 'shaders/sample/cap-logits.wgsl', text: capLogits },
  ]);
}

export function capLogitsGrid(vocab: number, outputs: number): Grid {
  return [Math.ceil(vocab / THREADS), outputs, 1];
}
