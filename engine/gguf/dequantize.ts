/**
 * Element types to float32 on the CPU, bit for bit as llama.cpp: the oracle that the GPU kernels are held against.
 * Layouts: ggml-common.h and the `dequantize_row_*` functions of ggml-quants.c.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { iq4Nl, mxfp4, q4_0, q4_1, q5_0, q5_1, q8_0, type DequantizeBlock } from './dequantize-blocks.ts';
import { bf16ToF32, halfAt } from './dequantize-floats.ts';
import { iq4Xs, q2K, q3K, q4K, q5K, q6K } from './dequantize-k.ts';
import { GGML_TYPES, type GgmlType } from './types.ts';

const scalar =
  (read: (view: DataView, at: number) => number): DequantizeBlock =>
  (view, at, out, to) => {
    out[to] = read(view, at);
  };

const DEQUANTIZERS: Partial<Record<GgmlType, DequantizeBlock>> = {
  F32: scalar((view, at) => view.getFloat32(at, true)),
  F16: scalar(halfAt),
  BF16: scalar((view, at) => bf16ToF32(view.getUint16(at, true))),
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

/**
 * All elements of whole blocks, in the file's order.
 * @throws LocalLLMError not-supported for a type without a dequantizer, bad-argument for part of a block
 */
export function dequantize(type: GgmlType, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const { blockElements, blockBytes } = GGML_TYPES[type];
  const dequantizer = DEQUANTIZERS[type];
  if (!dequantizer) {
    const known = Object.keys(DEQUANTIZERS).join(', ');
    throw new LocalLLMError(
      'not-supported',
      `The type ${type} cannot be dequantized; ${known} can. Get the model in one of those.`,
    );
  }
  if (bytes.length % blockBytes !== 0) {
    throw new LocalLLMError(
      'bad-argument',
      `${bytes.length} bytes are not whole blocks of ${type}, which have ${blockBytes} bytes. Pass whole blocks.`,
    );
  }
  const blocks = bytes.length / blockBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(blocks * blockElements);
  for (let block = 0; block < blocks; block++) dequantizer(view, block * blockBytes, out, block * blockElements);
  return out;
}
