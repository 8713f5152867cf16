import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import samplingRows from '../lib/sampling-rows.wgsl?raw';
import draw from './draw.wgsl?raw';

/**
 * Draws the tokens of the rows that are sampled at a temperature; the others keep the most likely one.
 *
 * Bindings: 0 rows `[R, 80]` (`sampling-rows.ts`), 1 batch, 2 candidates `[R, 128]` of (logit, id), the best first,
 * 3 picks `[R]` of (id, logit, not finite, 0) (updated).
 */
export function drawKernel(): Kernel {
  return defineKernel('draw-f32', [
    { file: 'shaders/lib/batch.wgsl', text: batch },
    { file: 'shaders/lib/sampling-rows.wgsl', text: samplingRows },
    { file: 'shaders/sample/draw.wgsl', text: draw },
  ]);
}

export function drawGrid(outputs: number): Grid {
  return [outputs, 1, 1];
}
