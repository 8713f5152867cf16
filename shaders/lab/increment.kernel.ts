import { defineKernel, type Kernel } from '../kernel.ts';
import increment from './increment.wgsl?raw';

export const INCREMENT_THREADS = 64; // of one workgroup

/** Adds one. Bindings: 0 counts `[threads]` u32 (written). */
export function incrementKernel(): Kernel {
  return defineKernel('increment-u32', [{ file: 'shaders/lab/increment.wgsl', text: increment }]);
}
