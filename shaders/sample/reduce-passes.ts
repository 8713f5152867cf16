/**
 * Rows of logits that are reduced to one value each, in two passes: one workgroup would take a millisecond over 256k logits.
 *
 * @module
 */
import type { Adapter, Fragment, Grid, Kernel } from '../kernel.ts';

/** How a workgroup shares out its chunk. */
interface ChunkShape {
  threads: number;
  /** Values of a thread. */
  share: number;
  /** Threads that put together what all found. */
  lanes: number;
}

/** 126 workgroups for 128k logits; the second pass has one value a thread up to 256k. */
const GPU: ChunkShape = { threads: 256, share: 4, lanes: 16 };
/** On a CPU every barrier switches between all threads of a workgroup: fewer are faster there. */
const SOFTWARE: ChunkShape = { threads: 16, share: 256, lanes: 4 };

export interface ReducePass {
  kernel: Kernel;
  /** The first reads `logits`, the others `source`. */
  kind: 'first' | 'later';
  params: { count: number };
  /** Values a row has after it. */
  count: number;
  grid: (rows: number) => Grid;
}

/** `THREADS`, `SHARE` and `LANES`. */
export function chunkFragment({ threads, share, lanes }: ChunkShape): Fragment {
  const text = `const THREADS: u32 = ${threads}u;\nconst SHARE: u32 = ${share}u;\nconst LANES: u32 = ${lanes}u;`;
  return { file: 'prelude', text };
}

/** The passes that reduce `vocab` values of a row to one: chunks, then, where there are several, a workgroup that merges them. */
export function reducePasses(
  vocab: number,
  { software }: Pick<Adapter, 'software'>,
  kernelOf: (kind: ReducePass['kind'], shape: ChunkShape) => Kernel,
): ReducePass[] {
  const shape = software ? SOFTWARE : GPU;
  const chunks = Math.ceil(vocab / (shape.threads * shape.share));
  const first: ReducePass = {
    kernel: kernelOf('first', shape),
    kind: 'first',
    params: { count: vocab },
    count: chunks,
    grid: (rows) => [chunks, rows, 1],
  };
  if (chunks === 1) return [first];
  const merging = { ...shape, share: Math.ceil(chunks / shape.threads) };
  const later: ReducePass = {
    kernel: kernelOf('later', merging),
    kind: 'later',
    params: { count: chunks },
    count: 1,
    grid: (rows) => [1, rows, 1],
  };
  return [first, later];
}
