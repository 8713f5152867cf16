/**
 * A GGUF file taken apart, so that single parts of it can be changed before it is written again.
 *
 * @module
 */
import { parseGguf } from '../../engine/gguf/parse.ts';
import { rewritten } from '../fidelity/twin.ts';
import type { WriterTensor, WriterValue } from '../gguf-writer.ts';

export interface Draft {
  version: number;
  /** Undefined: the key is not written. */
  alignment?: number;
  metadata: (readonly [string, WriterValue])[];
  tensors: WriterTensor[];
}

export async function draftOf(bytes: Uint8Array<ArrayBuffer>): Promise<Draft> {
  const { version, metadata, tensors } = await parseGguf(new Blob([bytes]));
  const alignment = metadata.has('general.alignment') ? { alignment: metadata.number('general.alignment') } : {};
  return {
    version,
    ...alignment,
    metadata: [...metadata.entries()]
      .filter(([key]) => key !== 'general.alignment')
      .map(([key, value]) => [key, rewritten(value)] as const),
    tensors: [...tensors.values()].map(({ name, type, shape, offset, bytes: size }) => ({
      name,
      type,
      shape,
      data: bytes.subarray(offset, offset + size),
    })),
  };
}
