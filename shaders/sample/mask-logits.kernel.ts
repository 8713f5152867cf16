import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import samplingRows from '../lib/sampling-rows.wgsl?raw';
import maskLogits from './mask-logits.wgsl?raw';

const THREADS = 256;

/** Words of a row's mask: one bit a token, the lowest of a word first. */
export const maskWords = (vocab: number): number => Math.ceil(vocab / 32);

/** What a masked logit is: below any that a model gives, so that it is neither the best nor has a share of the sums. */
export const MASKED = -3.4028234663852886e38;

/**
 * Takes the tokens that a row's mask leaves out from its logits, in place.
 *
 * Bindings: 0 params `{vocab}`, 1 rows `[R, 80]` (`sampling-rows.ts`), 2 masks `[R, maskWords(vocab)]`, read for rows that are
 * marked as masked, 3 logits `[R, vocab]` f32 (updated).
 */
export function maskLogitsKernel(): Kernel {
  return defineKernel('mask-logits-f32', [
    { file: 'shaders/lib/sampling-rows.wgsl', text: samplingRows },
    { file: 'shaders/sample/mask-logits.wgsl', text: maskLogits },
  ]);
}

export function maskLogitsGrid(vocab: number, outputs: number): Grid {
  return [Math.ceil(vocab / THREADS), outputs, 1];
}
