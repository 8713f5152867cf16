/**
 * How the threads of a product of one token share its work. What is best depends on the GPU, the matrix and its type: a measurement tells.
 *
 * @module
 */
export interface VecShape {
  /** x rounded to 16 bits, or as it is. */
  arithmetic: 'integers' | 'floats';
  /** Of a workgroup. */
  threads: number;
  /** Threads that share rows. */
  lanes: number;
  /** Rows that a thread works on at once. */
  rowsPerThread: number;
}

export const vecShape =
  (arithmetic: VecShape['arithmetic']) =>
  (threads: number, lanes: number, rowsPerThread: number): VecShape => ({ arithmetic, threads, lanes, rowsPerThread });

/** `integers 256 32 2`: what is kept of a measurement. */
export function shapeName({ arithmetic, threads, lanes, rowsPerThread }: VecShape): string {
  return `${arithmetic} ${threads} ${lanes} ${rowsPerThread}`;
}

/** The one that is expected to be the best before all others. */
export function startingWith(first: VecShape, shapes: readonly VecShape[]): VecShape[] {
  return [first, ...shapes.filter((shape) => shapeName(shape) !== shapeName(first))];
}
