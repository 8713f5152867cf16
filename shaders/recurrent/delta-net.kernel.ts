import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import deltaNet from './delta-net.wgsl?raw';

export interface DeltaRule {
  kernel: Kernel;
  /** `parts`: of the batch. */
  grid: (vHeads: number, parts: number) => Grid;
}

/** Keys of a column that a thread holds. */
const THREAD_KEYS = 16;
const MAX_HEAD_DIM = 256;
const WORKGROUP_THREADS = 128;

/** For GPUs: columns of the state in registers, each shared by several threads. headDim: a multiple of 16 up to 256. */
export function deltaNetKernel({ headDim }: { headDim: number }): DeltaRule {
  if (headDim % THREAD_KEYS !== 0 || headDim > MAX_HEAD_DIM) {
    throw new Error(`head dimension ${headDim} is not a multiple of ${THREAD_KEYS} up to ${MAX_HEAD_DIM}`);
  }
  const lanes = headDim / THREAD_KEYS;
  const columns = Math.min(headDim, Math.floor(WORKGROUP_THREADS / lanes));
  const constants = { HEAD_DIM: headDim, LANES: lanes, COLUMNS: columns, THREADS: lanes * columns };
  const prelude = Object.entries(constants).map(([name, value]) => `const ${name}: u32 = ${value}u;`);
  return {
    kernel: defineKernel(`delta-net-f32-${headDim}`, [
      { file: 'prelude', text: prelude.join('\n') },
      { file: 'shaders/lib/batch.wgsl', text: batch },
      { file: 'shaders/recurrent/delta-net.wgsl', text: deltaNet },
    ]),
    grid: (vHeads, parts) => [Math.ceil(headDim / columns), vHeads, parts],
  };
}
