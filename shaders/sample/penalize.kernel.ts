import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import samplingRows from '../lib/sampling-rows.wgsl?raw';
import penalize from './penalize.wgsl?raw';

/**
 * Repetition, presence and frequency penalties, in place.
 *
 * Bindings: 0 params `{vocab}`, 1 rows `[R, 80]` (`sampling-rows.ts`), 2 logits `[R, vocab]` f32 (updated).
 */
export function penalizeKernel(): Kernel {
  return defineKernel('penalize-f32', [
    { file: 'shaders/lib/sampling-rows.wgsl', text: samplingRows },
    { file: 'shaders/sample/penalize.wgsl', text: penalize },
  ]);
}

export function penalizeGrid(outputs: number): Grid {
  return [outputs, 1, 1];
}
