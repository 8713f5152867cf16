/**
 * The WGSL that normalizes and rotates heads, for each kernel that does so.
 *
 * @module
 */
import type { Fragment } from '../kernel.ts';
import qkNormHeads from '../lib/qk-norm-heads.wgsl?raw';
import qkNormNone from '../lib/qk-norm-none.wgsl?raw';
import halves from '../lib/rope-halves.wgsl?raw';
import interleaved from '../lib/rope-interleaved.wgsl?raw';
import turn from '../lib/rope-turn.wgsl?raw';

/** Which dimensions turn together: 2i and 2i + 1, or i and i + ropeDim / 2. */
export type RopePairing = 'interleaved' | 'halves';

/** What happens to queries and keys before the rotation: nothing, or an RMSNorm of each head. */
export type QkNorm = 'none' | 'heads';

export interface Rotation {
  pairing: RopePairing;
  qkNorm: QkNorm;
}

const PAIRINGS: Record<RopePairing, Fragment> = {
  interleaved: { file: 'shaders/lib/rope-interleaved.wgsl', text: interleaved },
  halves: { file: 'shaders/lib/rope-halves.wgsl', text: halves },
};

/** @param weightBinding of the norm's weight, where there is one */
export function rotationFragments({ pairing, qkNorm }: Rotation, weightBinding: number): Fragment[] {
  return [
    PAIRINGS[pairing],
    ...normFragments(qkNorm, weightBinding),
    { file: 'shaders/lib/rope-turn.wgsl', text: turn },
  ];
}

/** For kernels' names. */
export function rotationName({ pairing, qkNorm }: Rotation): string {
  return qkNorm === 'none' ? pairing : `${pairing}-qk-norm`;
}

function normFragments(qkNorm: QkNorm, binding: number): Fragment[] {
  if (qkNorm === 'none') return [{ file: 'shaders/lib/qk-norm-none.wgsl', text: qkNormNone }];
  return [
    { file: 'prelude', text: `@group(0) @binding(${binding}) var<storage, read> qk_weight: array<f32>;` },
    { file: 'shaders/lib/qk-norm-heads.wgsl', text: qkNormHeads },
  ];
}
