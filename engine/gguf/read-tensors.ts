/**
 * Reads and checks the tensor table of a GGUF header.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import type { HeaderReader } from './header-reader.ts';
import { MAX_DIMENSIONS, MAX_FILE_BYTES, MAX_TENSOR_NAME_BYTES } from './limits.ts';
import { checkedCount, readName, refusal } from './read-metadata.ts';
import { GGML_TYPES, type GgmlType, ggmlTypeName, REMOVED_TYPES } from './types.ts';

/** One tensor: what it is and where its bytes lie. */
export interface TensorInfo {
  readonly name: string;
  readonly type: GgmlType;
  /** ggml's order: shape[0] is the contiguous dimension. A weight of a linear layer is [in, out]. */
  readonly shape: readonly number[];
  /** From the file's start. */
  readonly offset: number;
  readonly bytes: number;
}

/** The table's entries with offsets still relative to the data section. Each is sound alone; `placeTensors` checks them together. */
export async function readTensorTable(reader: HeaderReader, count: number, alignment: number): Promise<TensorInfo[]> {
  const table: TensorInfo[] = [];
  const seen = new Set<string>();
  for (let index = 0; index < count; index++) {
    const name = await readName(reader, MAX_TENSOR_NAME_BYTES, `the name of tensor ${index} of ${count}`);
    if (seen.has(name)) throw refusal(`the name of tensor ${index}`, quoted(name), 'a tensor of that name was there');
    seen.add(name);
    table.push(await readTensor(reader, name, alignment));
  }
  return table;
}

async function readTensor(reader: HeaderReader, name: string, alignment: number): Promise<TensorInfo> {
  const field = `tensor ${quoted(name)}`;
  await reader.need(4, field);
  const dimensions = reader.u32();
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw refusal(`the number of dimensions of ${field}`, dimensions, `it must be 1 to ${MAX_DIMENSIONS}`);
  }
  await reader.need(8 * dimensions + 12, field);
  const shape: number[] = [];
  let elements = 1n;
  for (let axis = 0; axis < dimensions; axis++) {
    const length = reader.u64();
    if (length === 0n) throw refusal(`dimension ${axis} of ${field}`, 0, 'it must be at least 1');
    elements *= length;
    if (elements > BigInt(MAX_FILE_BYTES)) {
      throw refusal(`dimension ${axis} of ${field}`, length, `a tensor may have ${MAX_FILE_BYTES} elements`);
    }
    shape.push(Number(length));
  }
  const type = checkedType(reader.u32(), field);
  const { blockElements, blockBytes } = GGML_TYPES[type];
  const row = shape[0] ?? 0;
  if (row % blockElements !== 0) {
    throw refusal(`dimension 0 of ${field}`, row, `${type} needs a multiple of ${blockElements}`);
  }
  const bytes = checkedCount(
    (elements / BigInt(blockElements)) * BigInt(blockBytes),
    MAX_FILE_BYTES,
    `the bytes of ${field}`,
  );
  const offset = checkedCount(reader.u64(), MAX_FILE_BYTES, `the offset of ${field}`);
  if (offset % alignment !== 0) {
    throw refusal(`the offset of ${field}`, offset, `it must be a multiple of the alignment, ${alignment}`);
  }
  return { name, type, shape, offset, bytes };
}

function checkedType(id: number, field: string): GgmlType {
  const type = ggmlTypeName(id);
  if (type !== undefined) return type;
  const removed = REMOVED_TYPES.get(id);
  throw new LocalLLMError(
    'not-supported',
    removed === undefined
      ? `GGUF: the type of ${field} is ${id}, which this version does not know. Look for an update of localLLM, or for the model in Q4_0 or Q8_0.`
      : `GGUF: the type of ${field} is ${removed} (${id}), which llama.cpp has taken out of the format. Get the model in Q4_0 or Q8_0.`,
  );
}

/**
 * Makes offsets absolute and checks that no two tensors share a byte and none passes the end of the file.
 * Returns the tensors in the file's order and the end of the last one, bytes.
 */
export function placeTensors(
  table: TensorInfo[],
  dataOffset: number,
  fileBytes: number,
): { tensors: Map<string, TensorInfo>; end: number } {
  const tensors = new Map<string, TensorInfo>();
  for (const tensor of table) {
    const end = BigInt(dataOffset) + BigInt(tensor.offset) + BigInt(tensor.bytes);
    if (end > BigInt(fileBytes)) {
      throw refusal(`the end of tensor ${quoted(tensor.name)}`, end, `the file has ${fileBytes} bytes`);
    }
    tensors.set(tensor.name, { ...tensor, offset: dataOffset + tensor.offset });
  }
  let previous: TensorInfo | undefined;
  for (const tensor of [...tensors.values()].sort((a, b) => a.offset - b.offset)) {
    const end = previous === undefined ? dataOffset : previous.offset + previous.bytes;
    if (tensor.offset < end) {
      throw refusal(
        `the offset of tensor ${quoted(tensor.name)}`,
        tensor.offset,
        `tensor ${quoted(previous?.name ?? '')} lies there until ${end}`,
      );
    }
    previous = tensor;
  }
  return { tensors, end: previous === undefined ? dataOffset : previous.offset + previous.bytes };
}
