/**
 * What the repack kernels make of a file's rows, by type.
 *
 * @module
 */
import { weightLayout, type WeightType } from '../matmul/weights.ts';
import { repackBlocksRef } from './repack-blocks.ref.ts';
import { repackRowsRef, type RepackShape } from './repack-rows.ref.ts';
import { repackSuperBlocksRef } from './repack-super-blocks.ref.ts';

export interface Repacked {
  quants: Uint8Array;
  scales: Uint8Array;
}

/** Bytes of a matrix [rows, cols], all zero but for the rows that come from `raw`. */
export function repackRef(
  type: WeightType,
  raw: Uint8Array,
  shape: RepackShape,
  { rows, cols }: { rows: number; cols: number },
): Repacked {
  const { blocks, unitsPerRow, scalesPerRow, quantBytes, scaleBytes } = weightLayout(type, rows, cols);
  if (type === 'F32' || type === 'F16' || type === 'BF16') {
    return { quants: repackRowsRef(raw, shape, unitsPerRow, rows), scales: new Uint8Array(0) };
  }
  const quants = new Uint8Array(quantBytes);
  const scales = new Uint8Array(scaleBytes);
  for (let i = 0; i < shape.rowCount; i++) {
    const target = shape.firstRow + i * shape.rowStep;
    const row = {
      blocks,
      quants: quants.subarray(target * unitsPerRow * 16, (target + 1) * unitsPerRow * 16),
      scales: scales.subarray(target * scalesPerRow * 4, (target + 1) * scalesPerRow * 4),
    };
    const from = raw.subarray(i * shape.rowBytes, (i + 1) * shape.rowBytes);
    if (isSuper(type)) repackSuperBlocksRef(type, from, row);
    else repackBlocksRef(type, from, row);
  }
  return { quants, scales };
}

type SuperBlockType = Parameters<typeof repackSuperBlocksRef>[0];
const isSuper = (type: WeightType): type is SuperBlockType => type.endsWith('_K') || type === 'IQ4_XS';
