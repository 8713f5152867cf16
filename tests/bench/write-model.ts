/**
 * Writes a GGUF file with random weights at a real model's shape, a tensor at a time: such files have gigabytes.
 *
 * @module
 */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { GGML_TYPES } from '../../engine/gguf/types.ts';
import { describeModel, type RandomTensor } from '../fidelity/random-model.ts';
import { CACHE } from '../fidelity/twin.ts';
import { writeGguf } from '../gguf-writer.ts';
import { quantize } from '../quantize.ts';
import { noise } from '../../shaders/testing/noise.ts';
import { type ModelName, shapeOf, typeRule } from './models.ts';
import { makeVocabulary } from './vocabulary.ts';

/** Files of their own for each way of writing them: count up when what is written changes. */
const FOLDER = join(CACHE, 'bench-2');
const ALIGNMENT = 32;
/** Values that are really drawn: a tensor repeats them, which no kernel notices. */
const POOL = 1 << 18;

/** The path of the file, which is made at the first call. `mix`: a type for every matrix, Q4_K_M or Q5_K_M. */
export async function benchModel(name: ModelName, mix: string): Promise<string> {
  const path = join(FOLDER, `bench-${name}-${mix}.gguf`);
  if (existsSync(path)) return path;
  const shape = shapeOf(name);
  const vocabulary = makeVocabulary(shape.vocabulary);
  const { metadata, tensors } = describeModel({ ...shape, vocabulary, type: typeRule(name, mix) });
  mkdirSync(FOLDER, { recursive: true });
  const draft = `${path}.${process.pid}`;
  const file = await open(draft, 'w');
  try {
    let offset = 0;
    const placed = tensors.map((tensor) => {
      const at = offset;
      offset = Math.ceil((offset + bytesOf(tensor)) / ALIGNMENT) * ALIGNMENT;
      return { ...tensor, data: new Uint8Array(0), override: { offset: BigInt(at) } };
    });
    await file.write(writeGguf({ metadata, tensors: placed, alignment: ALIGNMENT }));
    for (const tensor of tensors) await writeTensor(file, tensor);
  } finally {
    await file.close();
  }
  renameSync(draft, path);
  return path;
}

function bytesOf({ type, shape }: RandomTensor): number {
  const { blockElements, blockBytes } = GGML_TYPES[type];
  return (shape.reduce((product, length) => product * length, 1) / blockElements) * blockBytes;
}

async function writeTensor(file: FileHandle, tensor: RandomTensor): Promise<void> {
  const { type, values } = tensor;
  const bytes = bytesOf(tensor);
  const pool = values instanceof Float32Array ? quantize(type, values) : poolOf(type, values);
  for (let at = 0; at < bytes; at += pool.length) await file.write(pool, 0, Math.min(pool.length, bytes - at));
  const padding = Math.ceil(bytes / ALIGNMENT) * ALIGNMENT - bytes;
  if (padding > 0) await file.write(new Uint8Array(padding));
}

const pools = new Map<string, Uint8Array>();

function poolOf(type: RandomTensor['type'], { mean, sigma }: { mean: number; sigma: number }): Uint8Array {
  const key = `${type} ${mean} ${sigma}`;
  // Even distributions of that deviation.
  const pool =
    pools.get(key) ??
    quantize(
      type,
      noise(1, POOL, sigma * Math.sqrt(3)).map((value) => mean + value),
    );
  pools.set(key, pool);
  return pool;
}
