/** `scale` · rows `ids` of a table [rows, cols] → [ids, cols]. */
export function embedRef(table: Float32Array, ids: readonly number[], cols: number, scale: number): Float32Array {
  const x = new Float32Array(ids.length * cols);
  ids.forEach((id, token) => x.set(table.subarray(id * cols, (id + 1) * cols), token * cols));
  return x.map((v) => v * scale);
}
