/**
 * Reads NumPy's .npy files: the stored activations.
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @module
 */
import { readFileSync } from 'node:fs';

export interface NpyArray {
  /** Row-major, outermost dimension first. */
  shape: number[];
  data: Float32Array;
}

const MAGIC = '\x93NUMPY';

/** A little-endian float32 array in C order. @throws Error for anything else */
export function readNpyF32(path: string): NpyArray {
  const bytes = readFileSync(path);
  if (bytes.toString('latin1', 0, 6) !== MAGIC) throw new Error(`${path} is not a .npy file`);
  const major = bytes.readUInt8(6);
  const start = major === 1 ? 10 : 12;
  const end = start + (major === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  const header = bytes.toString('latin1', start, end);
  const type = /'descr': *'([^']*)'/.exec(header)?.[1];
  const shape = /'shape': *\(([^)]*)\)/
    .exec(header)?.[1]
    ?.split(',')
    .filter((n) => n.trim() !== '')
    .map(Number);
  if (type !== '<f4' || !shape || !/'fortran_order': *False/.test(header)) {
    throw new Error(`${path} holds ${header.trim()}, not an array of <f4 in C order`);
  }
  const count = shape.reduce((product, n) => product * n, 1);
  if (bytes.length - end !== count * 4)
    throw new Error(`${path}: ${bytes.length - end} bytes for ${count} elements of 4`);
  return {
    shape,
    data: new Float32Array(bytes.buffer.slice(bytes.byteOffset + end, bytes.byteOffset + bytes.length)),
  };
}
