/**
 * Cuts a GGUF file into parts as llama.cpp's gguf-split does: all metadata in the first, tensors and three keys in each.
 *
 * @module
 */
import { basename, join } from 'node:path';
import { openFileSource } from '../../engine/cli/file-source.ts';
import { parseGguf } from '../../engine/gguf/parse.ts';
import { partName } from '../../engine/gguf/split.ts';
import { writeGguf, type WriterTensor, type WriterValue } from '../gguf-writer.ts';
import { CACHE, cacheFile, rewritten } from './twin.ts';

/** Writes the parts beside the other cached files, with about equally many tensors each. Returns their paths. */
export async function splitModel(path: string, count: number): Promise<string[]> {
  const source = await openFileSource(path);
  try {
    const file = await parseGguf(source);
    const own = [...file.metadata.entries()].map(([key, value]): [string, WriterValue] => [key, rewritten(value)]);
    const tensors: WriterTensor[] = [];
    for (const { name, type, shape, offset, bytes } of file.tensors.values()) {
      tensors.push({ name, type, shape, data: await source.read(offset, bytes) });
    }
    const cut = (part: number) => Math.round((part * tensors.length) / count);
    return Array.from({ length: count }, (_, part) => {
      const written = join(CACHE, partName(`split-${basename(path, '.gguf')}`, part + 1, count));
      const metadata: [string, WriterValue][] = [
        ...(part === 0 ? own : []),
        ['split.no', { type: 'uint16', value: part }],
        ['split.count', { type: 'uint16', value: count }],
        ['split.tensors.count', { type: 'int32', value: tensors.length }],
      ];
      cacheFile(written, writeGguf({ metadata, tensors: tensors.slice(cut(part), cut(part + 1)) }));
      return written;
    });
  } finally {
    await source.close();
  }
}
