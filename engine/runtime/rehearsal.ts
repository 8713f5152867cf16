/**
 * A load without a GPU: whether it would succeed, every reason why not, and the memory that it would take.
 *
 * @module
 */
import type { WeightSpecs } from '../arch/architecture.ts';
import type { ByteSource } from '../gguf/source.ts';
import { Allocation } from '../gpu/allocation.ts';
import { countingGpu } from '../gpu/counting-gpu.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { kvBytes } from './cache-memory.ts';
import { type LoadSize, prepareForward, type ReadModel } from './load-model.ts';
import { WeightLoader } from './weights.ts';

/** Bytes on the GPU. */
export interface MemoryEstimate {
  weights: number;
  kvCache: number;
  /** Activations, logits, states, tables: everything else. */
  work: number;
  total: number;
}

export interface Rehearsal {
  /** Each reason once; empty when the load would succeed. */
  problems: LocalLLMError[];
  /** Where it would succeed. */
  memory?: MemoryEstimate;
}

/** @param model as `readModel` gives it; its source is not read */
export async function rehearseLoad(model: Omit<ReadModel, 'source' | 'tokenizer'>, size: LoadSize): Promise<Rehearsal> {
  const problems = new Map<string, LocalLLMError>();
  const attempt = async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      const problem = LocalLLMError.from(error);
      if (problem.code === 'internal') throw error;
      problems.set(problem.message, problem);
      return undefined;
    }
  };
  const { file, architecture, hp } = model;
  const gpu = countingGpu();
  const loader = () => {
    const allocation = new Allocation(gpu);
    return new WeightLoader({ gpu, allocation, file, source: zeros(file.size), onBytes: () => {} });
  };
  const load = async (wanted: WeightSpecs) => {
    const one = loader();
    await one.reserve(wanted);
    await one.fill();
  };
  const specs = await attempt(() => architecture.weights(hp, file));
  if (specs) {
    // One by one: loading them together ends at the first that fails.
    const none = { ...specs, matrices: new Map(), vectors: new Map() };
    for (const entry of specs.matrices) await attempt(() => load({ ...none, matrices: new Map([entry]) }));
    for (const entry of specs.vectors) await attempt(() => load({ ...none, vectors: new Map([entry]) }));
  }
  gpu.allocatedBytes = 0;
  let weights = 0;
  const source = zeros(file.size);
  const prepared = await attempt(() =>
    prepareForward(gpu, new Allocation(gpu), { ...model, source }, size, {
      reserve: async (wanted) => {
        const before = gpu.allocatedBytes;
        const reserved = await loader().reserve(wanted);
        weights = gpu.allocatedBytes - before;
        return reserved;
      },
      fill: () => Promise.resolve(), // each has been read by itself
      stop: () => {},
    }),
  );
  if (!prepared) return { problems: [...problems.values()] };
  const kvCache = kvBytes(hp, size.kvType, size.pages);
  const total = gpu.allocatedBytes;
  return { problems: [...problems.values()], memory: { weights, kvCache, work: total - weights - kvCache, total } };
}

/** Zeros in place of a file: sizes do not depend on its values. */
function zeros(size: number): ByteSource {
  let bytes = new Uint8Array(0);
  return {
    size,
    read(_, length) {
      if (bytes.length < length) bytes = new Uint8Array(length);
      return Promise.resolve(bytes.subarray(0, length));
    },
  };
}
