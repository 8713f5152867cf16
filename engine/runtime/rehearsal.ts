/**
 * A load without a GPU: whether it would succeed, every reason why not, and the memory that it would take.
 *
 * @module
 */
import type { Adapter } from '../../shaders/kernel.ts';
import type { WeightSpecs } from '../arch/architecture.ts';
import type { ByteSource } from '../gguf/source.ts';
import { openModel } from '../gguf/split.ts';
import { Allocation } from '../gpu/allocation.ts';
import { countingGpu } from '../gpu/counting-gpu.ts';
import type { MemoryLimits } from '../gpu/memory.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { kvBytes } from './cache-memory.ts';
import type { AdapterSource } from './engine.ts';
import { type LoadSize, type ModelFile, prepareForward } from './prepare-forward.ts';
import { WeightLoader } from './weights.ts';

/** Bytes on the GPU. */
export interface MemoryEstimate {
  weights: number;
  kvCache: number;
  /** Activations, logits, states, tables, adapters: everything else. */
  work: number;
  total: number;
}

export interface Rehearsal {
  /** Each reason once; empty when the load would succeed. */
  problems: LocalLLMError[];
  /** Where it would succeed. */
  memory?: MemoryEstimate;
}

/** What `readModel` gives, without that which is not needed to tell its memory. */
export type HeaderOfModel = Omit<ModelFile, 'source'>;

/** Every reason why a load would fail, and what it would take. The weights' values are not looked at. */
export async function rehearseLoad(model: HeaderOfModel, size: LoadSize): Promise<Rehearsal> {
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
  const memory = await attempt(() => rehearseMemory(model, size));
  return { problems: [...problems.values()], ...(memory && { memory }) };
}

/**
 * What a load allocates, without a look at the weights' values.
 * @param limits of the device that it is rehearsed for; default: everything fits
 * @param adapters attached to it; of these, too, only the headers are read
 * @throws LocalLLMError what the load would throw, out-of-memory by these limits
 */
export async function rehearseMemory(
  { file, architecture, hp }: HeaderOfModel,
  size: LoadSize,
  limits?: MemoryLimits,
  adapter?: Adapter,
  adapters: readonly AdapterSource[] = [],
): Promise<MemoryEstimate> {
  const gpu = countingGpu(limits, adapter);
  const allocation = new Allocation(gpu);
  const source = zeros(file.size);
  const loader = new WeightLoader({ gpu, allocation, file, source, onBytes: () => {} });
  let weights = 0;
  const reserving: Pick<WeightLoader, 'reserve' | 'fill' | 'stop'> = {
    reserve: async (wanted) => {
      const before = gpu.allocatedBytes;
      const reserved = await loader.reserve(wanted);
      weights = gpu.allocatedBytes - before;
      return reserved;
    },
    fill: () => Promise.resolve(),
    stop: () => {},
  };
  const attached = { adapters: adapters.map(withoutValues) };
  await prepareForward(gpu, allocation, { file, source, architecture, hp }, size, reserving, attached);
  const total = gpu.allocatedBytes;
  const kvCache = kvBytes(hp, size.kvType, size.pages);
  return { weights, kvCache, work: total - weights - kvCache, total };
}

/** An adapter with its header as it is, and zeros for all that follows. */
const withoutValues = (given: AdapterSource): AdapterSource => ({
  ...given,
  async open() {
    const { source: whole, close } = await given.open();
    try {
      const { file, source } = await openModel(whole);
      const values = zeros(source.size);
      let first = Infinity;
      for (const { offset } of file.tensors.values()) first = Math.min(first, offset);
      const read: ByteSource['read'] = (offset, length) => (offset < first ? source : values).read(offset, length);
      return { source: { size: source.size, read }, close };
    } catch (error) {
      close();
      throw error;
    }
  },
});

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
