import { PAGE } from '../attention/kv-layout.ts';
import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import samplingRows from '../lib/sampling-rows.wgsl?raw';
import advance from './advance.wgsl?raw';

const THREADS = 32;

/**
 * The batch of the next decode step, made of the one before and the tokens picked from it.
 *
 * Bindings: 0 batch (updated; one token of each sequence, all outputs), 1 rows `[R, 80]` (`sampling-rows.ts`; updated),
 * 2 picks `[R]` of (id, …), 3 stops: a count, then ids.
 */
export function advanceKernel(): Kernel {
  return defineKernel('advance', [
    { file: 'prelude', text: `const PAGE: u32 = ${PAGE}u;` },
    { file: 'shaders/lib/sampling-rows.wgsl', text: samplingRows },
    { file: 'shaders/sample/advance.wgsl', text: advance },
  ]);
}

export function advanceGrid(outputs: number): Grid {
  return [Math.ceil(outputs / THREADS), 1, 1];
}
