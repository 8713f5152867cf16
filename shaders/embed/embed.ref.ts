import { mulMatRef } from '../matmul/mul-mat-vec.ref.ts';

/** `scale` · rows `ids` of a table [rows, cols] → [ids, cols]. */
export function embedRef(table: Float32Array, ids: readonly number[], cols: number, scale: number): Float32Array {
  const x = new Float32Array(ids.length * cols);
  ids.forEach((id, token) => x.set(table.subarray(id * cols, (id + 1) * cols), token * cols));
  return x.map((v) => v * scale);
}

/** To each row of x [ids, cols] what adapters add, `scale` · b · a: a [ids, rank] their rows of each id, b [cols, rank]. */
export function embedLoraRef(
  x: Float32Array,
  a: Float32Array,
  b: Float32Array,
  rank: number,
  scale: number,
): Float32Array {
  const added = mulMatRef(a, b, rank);
  return x.map((v, i) => v + scale * added[i]!);
}
