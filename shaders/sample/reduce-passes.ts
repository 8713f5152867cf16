/**
 * Rows of logits that are reduced to one value each, in passes: workgroups reduce chunks until a row is one chunk.
 *
 * @module
 */
import type { Adapter, Fragment, Grid, Kernel } from '../kernel.ts';

/** How a workgroup shares out its chunk. */
interface ChunkShape {
  threads: number;
  /** Values of a thread. */
  share: number;
  /** Threads that add up what all found. */
  lanes: number;
}

/** 126 workgroups for 128k logits; a second pass has one value a thread up to 256k. */
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

/** The passes that reduce `vocab` values of a row to one. */
export function reducePasses(
  vocab: number,
  { software }: Pick<Adapter, 'software'>,
  kernelOf: (kind: ReducePass['kind'], shape: ChunkShape) => Kernel,
): ReducePass[] {
  const shape = software ? SOFTWARE : GPU;
  const passes: ReducePass[] = [];
  let count = vocab;
  do {
    const kind = passes.length === 0 ? 'first' : 'later';
    const chunks = Math.ceil(count / (shape.threads * shape.share));
    passes.push({
      kernel: kernelOf(kind, shape),
      kind,
      params: { count },
      count: chunks,
      grid: (rows) => [chunks, rows, 1],
    });
    count = chunks;
  } while (count > 1);
  return passes;
}
