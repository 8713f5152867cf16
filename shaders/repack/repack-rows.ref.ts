/** Rows of the file and where they go in the matrix. */
export interface RepackShape {
  rowCount: number;
  rowBytes: number;
  firstRow: number;
  rowStep: number;
}

/** Bytes of a matrix of `rows` rows of `unitsPerRow` · 16 bytes, all zero but for the rows copied from `raw`. */
export function repackRowsRef(raw: Uint8Array, shape: RepackShape, unitsPerRow: number, rows: number): Uint8Array {
  const quants = new Uint8Array(rows * unitsPerRow * 16);
  for (let i = 0; i < shape.rowCount; i++) {
    const row = raw.subarray(i * shape.rowBytes, (i + 1) * shape.rowBytes);
    quants.set(row, (shape.firstRow + i * shape.rowStep) * unitsPerRow * 16);
  }
  return quants;
}
