import type { RepackShape } from './repack-blocks.ref.ts';

/** Bytes of a matrix of `rows` rows, all zero but for the rows copied from `raw`. */
export function repackRowsRef(raw: Uint8Array, shape: Omit<RepackShape, 'scalesPerRow'>, rows: number): Uint8Array {
  const quants = new Uint8Array(rows * shape.unitsPerRow * 16);
  for (let i = 0; i < shape.rowCount; i++) {
    const row = raw.subarray(i * shape.rowBytes, (i + 1) * shape.rowBytes);
    quants.set(row, (shape.firstRow + i * shape.rowStep) * shape.unitsPerRow * 16);
  }
  return quants;
}
