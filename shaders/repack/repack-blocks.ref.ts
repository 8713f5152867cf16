export interface RepackShape {
  rowCount: number;
  unitsPerRow: number;
  scalesPerRow: number;
  rowBytes: number;
  firstRow: number;
  rowStep: number;
}

/** Bytes of quants and scales of a matrix of `rows` rows, all zero but for the rows repacked from `raw`. */
export function repackBlocksRef(
  raw: Uint8Array,
  shape: RepackShape,
  quantUnits: number,
  rows: number,
): { quants: Uint8Array; scales: Uint8Array } {
  const quants = new Uint8Array(rows * shape.unitsPerRow * 16);
  const scales = new Uint8Array(rows * shape.scalesPerRow * 4);
  const blockBytes = 2 + quantUnits * 16;
  for (let i = 0; i < shape.rowCount; i++) {
    const target = shape.firstRow + i * shape.rowStep;
    for (let block = 0; block < shape.unitsPerRow / quantUnits; block++) {
      const at = i * shape.rowBytes + block * blockBytes;
      scales.set(raw.subarray(at, at + 2), target * shape.scalesPerRow * 4 + block * 2);
      quants.set(raw.subarray(at + 2, at + blockBytes), (target * shape.unitsPerRow + block * quantUnits) * 16);
    }
  }
  return { quants, scales };
}
