import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import sigmoid from '../lib/sigmoid.wgsl?raw';
import sigmoidGate from './sigmoid-gate.wgsl?raw';

const WORKGROUP_FLOATS = 256;

/**
 * `x[t, i] *= sigmoid(gate[t, i])`, in place.
 *
 * Bindings: 0 params `{width, gate_offset, gate_stride (floats; multiples of 4)}`, 1 x `[T, width]` (updated),
 * 2 gate `[T, gate_stride]`; all f32.
 */
export function sigmoidGateKernel(): Kernel {
  return defineKernel('sigmoid-gate-f32', [
    { file: 'shaders/lib/sigmoid.wgsl', text: sigmoid },
    { file: 'shaders/recurrent/sigmoid-gate.wgsl', text: sigmoidGate },
  ]);
}

export function sigmoidGateGrid(options: { tokens: number; width: number }): Grid {
  return [Math.ceil(options.width / WORKGROUP_FLOATS), options.tokens, 1];
}
