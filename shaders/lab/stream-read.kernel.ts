import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import streamRead from './stream-read.wgsl?raw';

const THREADS = 256;
/** Bytes that all threads of a workgroup read in one round. */
const ROUND_BYTES = THREADS * 4 * 16;

/**
 * Reads a buffer once.
 *
 * Bindings: 0 params `{rounds, keep}`, 1 x `[rounds · 4 · threads]` of 16 bytes, 2 folds `[threads]` u32 (written with `keep`).
 */
export function streamReadKernel(): Kernel {
  return defineKernel('stream-read-u32', [{ file: 'shaders/lab/stream-read.wgsl', text: streamRead }]);
}

/** How a buffer of at most `bytes` is read: what of it, by how many threads, in how many rounds. */
export function streamReadShape(bytes: number): { grid: Grid; rounds: number; threads: number; bytes: number } {
  const rounds = Math.max(1, Math.ceil(bytes / (4096 * ROUND_BYTES)));
  const workgroups = Math.max(1, Math.floor(bytes / (rounds * ROUND_BYTES)));
  return {
    grid: [workgroups, 1, 1],
    rounds,
    threads: workgroups * THREADS,
    bytes: rounds * workgroups * ROUND_BYTES,
  };
}
