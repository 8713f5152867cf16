/**
 * NumPy's array file format, version 1.0, for `localllm dump`: little-endian float32, C order.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @module
 */

export function writeNpy(shape: readonly number[], data: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const magic = 10; // magic, version and header length
  const padding = 64 - ((magic + dictionary.length + 1) % 64);
  const header = `${dictionary}${' '.repeat(padding)}\n`;
  const bytes = new Uint8Array(magic + header.length + data.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0]);
  new DataView(bytes.buffer).setUint16(8, header.length, true);
  bytes.set(new TextEncoder().encode(header), magic);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), magic + header.length);
  return bytes;
}
