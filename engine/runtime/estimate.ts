/**
 * What a model will need on the GPU, from its header alone.
 *
 * @module
 */
import type { KvType } from '../../shaders/attention/kv-layout.ts';
import { weightLayout } from '../../shaders/matmul/weights.ts';
import type { Architecture, Hyperparameters } from '../arch/architecture.ts';
import type { GgufFile } from '../gguf/parse.ts';
import { kvBytes } from './kv-cache.ts';
import { defaultPages } from './load-model.ts';
import { planSegments, refuseUnusedTensors } from './weights.ts';

export interface MemoryEstimate {
  /** Bytes on the GPU. */
  weights: number;
  kvCache: number;
}

/** @throws LocalLLMError not-supported, bad-file: the same refusals as loading, before any work */
export function estimateMemory(
  file: GgufFile,
  architecture: Architecture,
  hp: Hyperparameters,
  contextTokens: number,
  kvType: KvType = 'f16',
): MemoryEstimate {
  const specs = architecture.weights(hp, file);
  refuseUnusedTensors(file, specs, hp);
  let weights = 0;
  for (const [name, spec] of specs.matrices) {
    for (const segment of planSegments(name, spec, file, Infinity)) weights += segment.bytes;
  }
  for (const { size } of specs.vectors.values()) weights += weightLayout('F32', 1, size).quantBytes;
  return { weights, kvCache: kvBytes(hp, kvType, defaultPages(hp, kvType, contextTokens)) };
}
