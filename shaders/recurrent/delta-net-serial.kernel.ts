import { defineKernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import type { DeltaRule } from './delta-net.kernel.ts';
import deltaNetSerial from './delta-net-serial.wgsl?raw';

const THREADS = 16;

/** For adapters that run on the CPU: a column of the state in one thread, no barriers. headDim: a multiple of 4. */
export function deltaNetSerialKernel({ headDim }: { headDim: number }): DeltaRule {
  return {
    kernel: defineKernel('delta-net-serial-f32', [
      { file: 'prelude', text: `const THREADS: u32 = ${THREADS}u;` },
      { file: 'shaders/lib/batch.wgsl', text: batch },
      { file: 'shaders/recurrent/delta-net-serial.wgsl', text: deltaNetSerial },
    ]),
    grid: (vHeads, parts) => [Math.ceil(headDim / THREADS), vHeads, parts],
  };
}
