/**
 * LoRA adapters with random factors for any model file.
 *
 * @module
 */
import { join } from 'node:path';
import { openFileSource } from '../../engine/cli/file-source.ts';
import { EMBEDDING } from '../../engine/gguf/adapter.ts';
import { parseGguf } from '../../engine/gguf/parse.ts';
import type { GgmlType } from '../../engine/gguf/types.ts';
import { noise } from '../../shaders/testing/noise.ts';
import { writeGguf, type WriterTensor } from '../gguf-writer.ts';
import { quantize } from '../quantize.ts';
import { f32 } from './random-model.ts';
import { CACHE, cacheFile } from './twin.ts';

export interface RandomAdapter {
  rank: number;
  /** Of all factors. */
  type: GgmlType;
  /** Default: none in the file. */
  alpha?: number;
  /** Which of the model's matrices; default all that llama.cpp adapts. */
  of?: RegExp;
  /** How much it adds of what goes in, about. */
  gain: number;
}

/** No products with matrices. */
const OTHERS = /ssm_conv1d/;

/** Writes the adapter's file, the same each time, and returns its path. */
export async function randomAdapter(name: string, modelPath: string, adapter: RandomAdapter): Promise<string> {
  const { rank, type, alpha, of = /./, gain } = adapter;
  const source = await openFileSource(modelPath);
  const { metadata, tensors } = await parseGguf(source).finally(() => void source.close());
  // By its source llama.cpp takes a tied embedding's adapter for the head, too, where its shapes do not fit.
  const adapted = (tensor: string) =>
    of.test(tensor) && !OTHERS.test(tensor) && (tensor !== EMBEDDING || tensors.has('output.weight'));
  const factors: WriterTensor[] = [];
  for (const { name: tensor, shape } of tensors.values()) {
    const [cols, rows] = shape as [number, number];
    if (shape.length !== 2 || !adapted(tensor)) continue;
    const uniform = Math.sqrt(3); // noise of that scale has a variance of 1
    const write = (which: 'a' | 'b', size: [number, number], sigma: number) => {
      const values = noise(name.length + factors.length, size[0] * size[1], sigma * uniform);
      factors.push({ name: `${tensor}.lora_${which}`, type, shape: size, data: quantize(type, values) });
    };
    const scale = alpha === undefined ? 1 : alpha / rank;
    if (tensor === EMBEDDING) {
      write('a', [rank, rows], 1 / Math.sqrt(rank));
      write('b', [rank, cols], gain / scale);
    } else {
      write('a', [cols, rank], 1 / Math.sqrt(cols));
      write('b', [rank, rows], gain / Math.sqrt(rank) / scale);
    }
  }
  const facts = {
    'general.type': 'adapter',
    'general.architecture': metadata.string('general.architecture'),
    'general.name': name,
    'adapter.type': 'lora',
    ...(alpha !== undefined && { 'adapter.lora.alpha': f32(alpha) }),
  };
  const path = join(CACHE, `adapter-${name}.gguf`);
  cacheFile(path, writeGguf({ metadata: facts, tensors: factors }));
  return path;
}
