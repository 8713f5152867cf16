import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import alone from './column-sums-alone.wgsl?raw';
import lanes from './column-sums-lanes.wgsl?raw';
import deltaNet from './delta-net.wgsl?raw';

/** Keys of a column that a thread holds in one mat4x4. */
const BLOCK = 16;
const MAX_HEAD_DIM = 256;
const THREADS = 128;
const SOFTWARE_COLUMNS = 16;

export interface DeltaNetOptions {
  /** Of keys and values alike: a multiple of 16 up to 256. */
  headDim: number;
  /** For adapters that run on the CPU: a column in one thread, no barriers. */
  software: boolean;
}

/**
 * The gated delta rule over the batch's parts: prefill and decode alike.
 *
 * Bindings: 0 params `{k_heads, v_heads (a multiple of k_heads), stride (floats of a token in qkv, a multiple of 4)}`, 1 batch (its parts),
 * 2 qkv `[T, stride]` and 3 gates `[T, v_heads, 4]` as `delta-inputs` leaves them,
 * 4 state `[slots, v_heads, headDim (value), headDim (key)]` (updated), 5 out `[T, v_heads, headDim]` (written); all f32.
 */
export function deltaNetKernel(options: DeltaNetOptions): Kernel {
  const { headDim, software } = options;
  if (headDim % BLOCK !== 0 || headDim > MAX_HEAD_DIM) {
    throw new Error(`head dimension ${headDim} is not a multiple of ${BLOCK} up to ${MAX_HEAD_DIM}`);
  }
  const { blocks, laneCount, columns } = shape(options);
  const prelude = Object.entries({
    HEAD_DIM: headDim,
    BLOCKS: blocks,
    LANES: laneCount,
    COLUMNS: columns,
    THREADS: laneCount * columns,
  }).map(([name, value]) => `const ${name}: u32 = ${value}u;`);
  return defineKernel(`delta-net-f32-${headDim}${software ? '-software' : ''}`, [
    { file: 'prelude', text: prelude.join('\n') },
    { file: 'shaders/lib/batch.wgsl', text: batch },
    laneCount > 1
      ? { file: 'shaders/recurrent/column-sums-lanes.wgsl', text: lanes }
      : { file: 'shaders/recurrent/column-sums-alone.wgsl', text: alone },
    { file: 'shaders/recurrent/delta-net.wgsl', text: deltaNet },
  ]);
}

export function deltaNetGrid(options: DeltaNetOptions & { parts: number; vHeads: number }): Grid {
  return [Math.ceil(options.headDim / shape(options).columns), options.vHeads, options.parts];
}

function shape({ headDim, software }: DeltaNetOptions): { blocks: number; laneCount: number; columns: number } {
  const perColumn = headDim / BLOCK;
  if (software) return { blocks: perColumn, laneCount: 1, columns: Math.min(headDim, SOFTWARE_COLUMNS) };
  return { blocks: 1, laneCount: perColumn, columns: Math.min(headDim, Math.floor(THREADS / perColumn)) };
}
