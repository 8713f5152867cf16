import { kvFragments, type KvType } from '../attention/kv-layout.ts';
import { defineKernel, type Fragment, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import qkNormHeads from '../lib/qk-norm-heads.wgsl?raw';
import qkNormNone from '../lib/qk-norm-none.wgsl?raw';
import halves from '../lib/rope-halves.wgsl?raw';
import interleaved from '../lib/rope-interleaved.wgsl?raw';
import ropeAppend from './rope-append.wgsl?raw';

/** Which dimensions turn together: 2i and 2i + 1, or i and i + ropeDim / 2. */
export type RopePairing = 'interleaved' | 'halves';

const PAIRINGS: Record<RopePairing, Fragment> = {
  interleaved: { file: 'shaders/lib/rope-interleaved.wgsl', text: interleaved },
  halves: { file: 'shaders/lib/rope-halves.wgsl', text: halves },
};

/** What happens to queries and keys before the rotation: nothing, or an RMSNorm of each head. */
export type QkNorm = 'none' | 'heads';

const QK_NORMS: Record<QkNorm, Fragment> = {
  none: { file: 'shaders/lib/qk-norm-none.wgsl', text: qkNormNone },
  heads: { file: 'shaders/lib/qk-norm-heads.wgsl', text: qkNormHeads },
};

const WORKGROUP_DIMENSIONS = 256;

/**
 * Normalizes and rotates queries and keys in place and appends keys and values to the paged cache.
 *
 * Bindings: 0 params `{heads, kv_heads, rope_dim (even, ≤ headDim; 0: no rotation), stride (floats of a token in qkv), eps}`,
 * 1 batch, 2 qkv `[T, stride]` f32 (heads queries, kv_heads keys, kv_heads values, then anything),
 * 3 table `[positions, rope_dim / 2]` of (cos, sin), 4 keys and 5 values: one layer's cache (`../attention/kv-layout.ts`),
 * with the norm 6 qk_weight `[2, headDim]`: of queries, of keys.
 */
export function ropeAppendKernel(options: {
  pairing: RopePairing;
  kvType: KvType;
  headDim: number;
  qkNorm: QkNorm;
}): Kernel {
  const { pairing, kvType, headDim, qkNorm } = options;
  const norm = qkNorm === 'none' ? '' : '-qk-norm';
  return defineKernel(`rope-append-${kvType}-${pairing}-${headDim}${norm}`, [
    { file: 'prelude', text: `const WORKGROUP_HEADS: u32 = ${workgroupHeads(headDim)}u;` },
    { file: 'shaders/lib/batch.wgsl', text: batch },
    ...kvFragments(kvType, headDim, 'write'),
    PAIRINGS[pairing],
    QK_NORMS[qkNorm],
    { file: 'shaders/rope/rope-append.wgsl', text: ropeAppend },
  ]);
}

export function ropeAppendGrid(options: { tokens: number; heads: number; kvHeads: number; headDim: number }): Grid {
  return [Math.ceil((options.heads + 2 * options.kvHeads) / workgroupHeads(options.headDim)), options.tokens, 1];
}

function workgroupHeads(headDim: number): number {
  return Math.max(1, Math.floor(WORKGROUP_DIMENSIONS / headDim));
}
