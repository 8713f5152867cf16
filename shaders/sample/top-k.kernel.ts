import { type Grid, type Kernel } from '../kernel.ts';
import { topKMergeKernel } from './top-k-merge.kernel.ts';
import { topKScanKernel } from './top-k-scan.kernel.ts';

/** Candidates that a row ends with. */
export const CANDIDATES = 128;
const CHUNK = 1024;

export interface TopKPass {
  kernel: Kernel;
  /** The scan reads `logits`, a merge reads `source`; both write `candidates`. */
  kind: 'scan' | 'merge';
  params: Record<string, number>;
  /** Candidates a row has after it. */
  count: number;
  grid: (rows: number) => Grid;
}

/** On a CPU every barrier switches between all threads of a workgroup: fewer are faster there. */
const SOFTWARE_THREADS = 16;

/** The passes that find the best 128 of `vocab` logits, in order: one scan, then merges until one chunk is left. */
export function topKPasses(vocab: number, options: { software?: boolean } = {}): TopKPass[] {
  const threads = options.software ? SOFTWARE_THREADS : undefined;
  const passes: TopKPass[] = [];
  let count = vocab;
  do {
    const chunks = Math.ceil(count / CHUNK);
    const scan = passes.length === 0;
    passes.push({
      kernel: scan ? topKScanKernel(threads) : topKMergeKernel(threads),
      kind: scan ? 'scan' : 'merge',
      params: scan ? { vocab } : { count },
      count: chunks * CANDIDATES,
      grid: (rows) => [chunks, rows, 1],
    });
    count = chunks * CANDIDATES;
  } while (count > CANDIDATES);
  return passes;
}
