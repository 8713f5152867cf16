import { defineKernel, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import { serialRows } from './attention-shape.ts';
import { kvFragments, type KvType } from './kv-layout.ts';
import source from './paged-attention-serial.wgsl?raw';
import { scoresFragment } from './scores.ts';

/**
 * Causal attention of a batch over the paged cache on a software adapter; the cache already holds the batch's own keys and values.
 * Head dimensions: multiples of 4 up to 256. Grid: `attentionGrid` with one split.
 *
 * Bindings: 0 params `{heads, kv_heads, qkv_stride (floats), scale, window (`NO_WINDOW`), softcap}`, 1 batch, 2 q `[T, qkv_stride]` f32
 * (queries first), 3 keys and 4 values: one layer's cache (`kv-layout.ts`), 5 out `[T, heads, headDim]` f32 (written).
 */
export function pagedAttentionSerialKernel(options: { kvType: KvType; headDim: number; softcap: boolean }): Kernel {
  const { kvType, headDim, softcap } = options;
  return defineKernel(`paged-attention-serial-${kvType}-${headDim}${softcap ? '-softcap' : ''}`, [
    { file: 'prelude', text: `const ROWS: u32 = ${serialRows(headDim)}u;` },
    { file: 'shaders/lib/batch.wgsl', text: batch },
    ...kvFragments(kvType, headDim, 'read'),
    scoresFragment(softcap),
    { file: 'shaders/attention/paged-attention-serial.wgsl', text: source },
  ]);
}
