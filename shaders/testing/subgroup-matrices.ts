/**
 * Subgroup matrices where there are none: a stand-in does what they do, so that all else of the kernels is what runs elsewhere.
 *
 * @module
 */
import type { Matrices } from '../matmul/mul-mat-subgroup-matrix.entry.ts';
import emulated from './subgroup-matrices.wgsl?raw';

export const EMULATED_MATRICES: Matrices = {
  fragment: { file: 'shaders/testing/subgroup-matrices.wgsl', text: emulated },
  extensions: [],
  left: (_plane, part, offset) => `Left(${part}, ${offset})`,
  right: (_plane, part, offset) => `Right(${part}, ${offset})`,
  add: (left, right, sums, buffer) => `add_products(&left${buffer}, ${left}, &right${buffer}, ${right}, ${sums}, lane)`,
  put: (slot, sums) => `put_products(${slot}, ${sums}, lane)`,
};
