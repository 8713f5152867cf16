/**
 * Plain quantizers, for making random weights in the tests: scales from the extremes, without the searches of
 * `quantize_row_*_ref` of ggml-quants.c. Layouts: engine/gguf/dequantize*.ts.
 *
 * @module
 */
import { GGML_TYPES, type GgmlType } from '../engine/gguf/types.ts';
import { iq4Nl, mxfp4, q4_0, q4_1, q5_0, q5_1, q8_0, type QuantizeBlock } from './quantize-blocks.ts';
import { f32ToBf16, f32ToF16 } from './quantize-floats.ts';
import { iq4Xs, q2K, q3K, q4K, q5K, q6K } from './quantize-k.ts';

const QUANTIZERS: Partial<Record<GgmlType, QuantizeBlock>> = {
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q2_K: q2K,
  Q3_K: q3K,
  Q4_K: q4K,
  Q5_K: q5K,
  Q6_K: q6K,
  IQ4_NL: iq4Nl,
  IQ4_XS: iq4Xs,
  MXFP4: mxfp4,
};

/** Finite values in a type of the file. Block types need whole blocks. */
export function quantize(type: GgmlType, values: Float32Array): Uint8Array<ArrayBuffer> {
  if (type === 'F32') return new Uint8Array(values.slice().buffer);
  if (type === 'F16') return new Uint8Array(Uint16Array.from(values, f32ToF16).buffer);
  if (type === 'BF16') return new Uint8Array(Uint16Array.from(values, f32ToBf16).buffer);
  const quantizer = QUANTIZERS[type];
  if (!quantizer) throw new Error(`no quantizer for ${type}`);
  const { blockElements, blockBytes } = GGML_TYPES[type];
  if (values.length % blockElements !== 0) {
    throw new Error(`${values.length} values are not whole blocks of ${blockElements}`);
  }
  const blocks = values.length / blockElements;
  const out = new Uint8Array(blocks * blockBytes);
  for (let i = 0; i < blocks; i++) {
    const view = new DataView(out.buffer, i * blockBytes, blockBytes);
    quantizer(values.subarray(i * blockElements, (i + 1) * blockElements), view);
  }
  return out;
}
