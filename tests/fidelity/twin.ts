/**
 * The float twin of a GGUF file: the same metadata, every matrix dequantized. llama.cpp on the CPU rounds activations to
 * 8 bits before it multiplies them with a quantized matrix; on an F32 twin it does not, so its logits are exact there.
 *
 * @module
 */
import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { openFileSource } from '../../engine/cli/file-source.ts';
import { dequantize } from '../../engine/gguf/dequantize.ts';
import type { MetadataValue } from '../../engine/gguf/metadata.ts';
import { parseGguf } from '../../engine/gguf/parse.ts';
import { writeGguf, type WriterTensor, type WriterValue } from '../gguf-writer.ts';
import { quantize } from '../quantize.ts';

/** Made anew by any test that finds it empty; not kept in git. */
export const CACHE = join(import.meta.dirname, '../.cache');

const FILE_TYPES = { F32: 0, F16: 1 } as const;

/** Writes the twin beside the other cached files, unless a newer one than the model is there. Returns its path. */
export async function floatTwin(path: string, type: 'F32' | 'F16'): Promise<string> {
  const twin = join(CACHE, `${basename(path, '.gguf')}.${type.toLowerCase()}.gguf`);
  if (existsSync(twin) && statSync(twin).mtimeMs > statSync(path).mtimeMs) return twin;
  const source = await openFileSource(path);
  try {
    const file = await parseGguf(source);
    const tensors: WriterTensor[] = [];
    for (const { name, shape, type: stored, offset, bytes } of file.tensors.values()) {
      const to = shape.length === 1 ? 'F32' : type;
      tensors.push({ name, shape, type: to, data: quantize(to, dequantize(stored, await source.read(offset, bytes))) });
    }
    const metadata = [...file.metadata.entries()].map(([key, value]): [string, WriterValue] => [key, rewritten(value)]);
    const typed = metadata.map(([key, value]): [string, WriterValue] =>
      key === 'general.file_type' ? [key, FILE_TYPES[type]] : [key, value],
    );
    cacheFile(twin, writeGguf({ metadata: typed, tensors }));
  } finally {
    await source.close();
  }
  return twin;
}

/** Writes a cached file in one step: test files run side by side. */
export function cacheFile(path: string, bytes: Uint8Array): void {
  mkdirSync(CACHE, { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, bytes);
  renameSync(draft, path);
}

/** A value as the writer takes it, of the same type. */
export function rewritten(value: MetadataValue): WriterValue {
  if (value.type !== 'array') return { type: value.type, value: value.value };
  const items = value.itemType === 'string' ? [...value.value] : value.value;
  return { type: 'array', itemType: value.itemType, value: items };
}
