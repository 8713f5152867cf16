/**
 * How a workgroup shares out a row that it sums: the WGSL for it.
 *
 * @module
 */
import type { Adapter, Fragment } from '../kernel.ts';
import workgroupSum from '../lib/workgroup-sum.wgsl?raw';

/** What every WebGPU device allows in a workgroup. */
const MAX_THREADS = 256;

/** On a CPU every barrier switches between all threads of a workgroup (64 rows of 576 on SwiftShader: 1.1 ms, with 32 threads 1.9 ms). */
const SOFTWARE_THREADS = 8;

/** A vec4 or two of the row for each thread, so that all of it is on its way at once: on an H200, 2048 wide, 3.1 µs, with 64 threads 4.1. */
export function normThreads(width: number, { software }: Pick<Adapter, 'software'>): number {
  if (software) return SOFTWARE_THREADS;
  let threads = 32;
  while (threads < MAX_THREADS && threads * 4 < width) threads *= 2;
  return threads;
}

/** `THREADS`, and `workgroup_sum` over them. */
export function sumFragments(threads: number): Fragment[] {
  return [
    { file: 'prelude', text: `const THREADS: u32 = ${threads}u;` },
    { file: 'shaders/lib/workgroup-sum.wgsl', text: workgroupSum },
  ];
}

/** The same, and `GROUPS` (vec4s of a row) and `SHARE`: how many of them a thread has, at THREADS from each other. */
export function rowFragments(width: number, adapter: Pick<Adapter, 'software'>): Fragment[] {
  const threads = normThreads(width, adapter);
  const groups = width / 4;
  const text = `const GROUPS: u32 = ${groups}u;\nconst SHARE: u32 = ${Math.ceil(groups / threads)}u;`;
  return [{ file: 'prelude', text }, ...sumFragments(threads)];
}
