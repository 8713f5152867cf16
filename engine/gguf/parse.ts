/**
 * Reads the header of a GGUF file: what the model is, and where each tensor lies.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { chunksOf, HeaderReader } from './header-reader.ts';
import { MAX_ALIGNMENT, MAX_FILE_BYTES, MAX_METADATA_ENTRIES, MAX_TENSORS, MIN_ALIGNMENT } from './limits.ts';
import { Metadata } from './metadata.ts';
import { checkedCount, readMetadata, refusal } from './read-metadata.ts';
import { placeTensors, readTensorTable, type TensorInfo } from './read-tensors.ts';
import { blobSource, type ByteSource } from './source.ts';

export type { TensorInfo };

export interface GgufFile {
  version: 2 | 3;
  /** Bytes: tensors start at multiples of it. */
  alignment: number;
  metadata: Metadata;
  /** By name, in the file's order. */
  tensors: Map<string, TensorInfo>;
  /** Where the tensors' data begins, bytes from the file's start. */
  dataOffset: number;
  /** Bytes of the whole file. Of a stream: the least that it must have by its tensor table. */
  size: number;
}

const MAGIC = 0x4655_4747; // 'GGUF', read as a little-endian word
const DEFAULT_ALIGNMENT = 32;

/**
 * Parses a GGUF header, version 2 or 3, little-endian.
 *
 * A stream is read only as far as the end of the tensor table, then unlocked and neither cancelled nor drained: the chunk in
 * which the table ended is used up, what follows it is still to be read or cancelled by the caller. Take the weights from a
 * source with random access.
 *
 * @throws LocalLLMError bad-file (damaged or hostile; names the field, its value and the limit), not-supported (version,
 * byte order or element type)
 */
export async function parseGguf(source: ByteSource | Blob | ReadableStream<Uint8Array>): Promise<GgufFile> {
  if (source instanceof ReadableStream) {
    const stream = source.getReader();
    try {
      return await parse(new HeaderReader(async () => (await stream.read()).value));
    } finally {
      stream.releaseLock();
    }
  }
  const bytes = source instanceof Blob ? blobSource(source) : source;
  return parse(new HeaderReader(chunksOf(bytes), bytes.size));
}

async function parse(reader: HeaderReader): Promise<GgufFile> {
  const version = await readVersion(reader);
  await reader.need(16, 'the counts of tensors and keys');
  const tensorCount = checkedCount(reader.u64(), MAX_TENSORS, 'the number of tensors');
  const keyCount = checkedCount(reader.u64(), MAX_METADATA_ENTRIES, 'the number of keys');
  const metadata = new Metadata(await readMetadata(reader, keyCount));
  const alignment = metadata.number('general.alignment', DEFAULT_ALIGNMENT);
  if (alignment < MIN_ALIGNMENT || alignment > MAX_ALIGNMENT || (alignment & (alignment - 1)) !== 0) {
    throw refusal(
      'general.alignment',
      alignment,
      `it must be a power of two from ${MIN_ALIGNMENT} to ${MAX_ALIGNMENT}`,
    );
  }
  const table = await readTensorTable(reader, tensorCount, alignment);
  const dataOffset = Math.ceil(reader.offset / alignment) * alignment;
  const { tensors, end } = placeTensors(table, dataOffset, reader.fileBytes ?? MAX_FILE_BYTES);
  return { version, alignment, metadata, tensors, dataOffset, size: reader.fileBytes ?? end };
}

async function readVersion(reader: HeaderReader): Promise<2 | 3> {
  await reader.need(8, 'the magic number and version');
  const magic = reader.u32();
  if (magic !== MAGIC) {
    const hex = magic.toString(16).padStart(8, '0');
    throw new LocalLLMError(
      'bad-file',
      `This is not a GGUF file: it begins with 0x${hex}, not 0x${MAGIC.toString(16)} ("GGUF"). If it was downloaded, look whether the address gave a web page instead; older formats (GGML, GGJT) and safetensors must be converted with llama.cpp first.`,
    );
  }
  const version = reader.u32();
  if (version === 2 || version === 3) return version;
  if (version === 1) {
    throw new LocalLLMError(
      'not-supported',
      'GGUF: version 1 is not supported; versions 2 and 3 are. Convert the model again with a current llama.cpp.',
    );
  }
  const swapped = ((version & 0xff) << 24) | ((version & 0xff00) << 8) | ((version >>> 8) & 0xff00) | (version >>> 24);
  if (swapped >= 1 && swapped <= 3) {
    throw new LocalLLMError(
      'not-supported',
      `GGUF: the file is big-endian (version ${swapped}); only little-endian files are supported. Convert it with llama.cpp's gguf_convert_endian.py.`,
    );
  }
  throw new LocalLLMError(
    'not-supported',
    `GGUF: version ${version} is not supported; versions 2 and 3 are. Look for an update of localLLM, or for the model in version 3.`,
  );
}
