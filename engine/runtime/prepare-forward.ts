/**
 * Everything that a model has on the GPU: weights, cache, activations, pipelines. What adapters change, the recorded forward alone, can
 * be recorded again.
 *
 * @module
 */
import type { KvType } from '../../shaders/attention/kv-layout.ts';
import type { Architecture, Hyperparameters, WeightSpecs } from '../arch/architecture.ts';
import { factorNames } from '../arch/read-rope.ts';
import type { GgufFile } from '../gguf/parse.ts';
import type { ByteSource } from '../gguf/source.ts';
import { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { PlanBuilder } from '../gpu/plan.ts';
import {
  type Activation,
  allocateActivation,
  type ForwardContext,
  type Lora,
  type Matrix,
  type Weights,
} from '../ops/context.ts';
import { recordDrawing } from '../ops/drawing.ts';
import { recordSampling } from '../ops/sampling.ts';
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import { loadAdapters } from './adapters.ts';
import { Batch, type BatchLimits } from './batch.ts';
import { GpuCache } from './cache-memory.ts';
import type { AdapterSource, LoadOptions } from './engine.ts';
import { Forward } from './forward.ts';
import { makeRopeTable } from './rope-table.ts';
import { MAX_LOGIT_BIAS } from './sampler.ts';
import { listed, readVector, refuseUnusedTensors, watched } from './tensors.ts';
import type { WeightLoader } from './weights.ts';

/** A file, and what its header says of the model. */
export interface ModelFile {
  file: GgufFile;
  source: ByteSource;
  architecture: Architecture;
  hp: Hyperparameters;
}

/** What a load allocates for. */
export interface LoadSize {
  contextTokens: number;
  kvType: KvType;
  limits: BatchLimits;
  /** Of the cache. */
  pages: number;
  /** Of recurrent state; 0 where the model has none. */
  slots: number;
}

export interface PreparedForward {
  forward: Forward;
  cache: GpuCache;
  /**
   * Reads other adapters and records the forward with them; what was recorded before may run meanwhile.
   * @throws LocalLLMError what {@link loadAdapters} throws, shader
   */
  adapt(adapters: readonly AdapterSource[]): Promise<Adaptation>;
  /** Frees what {@link adapt} may replace. */
  release(): void;
}

/** Adapters that are ready to take the place of others. */
export interface Adaptation {
  /** When nothing runs. */
  use(): void;
  /** Instead of {@link use}. */
  discard(): void;
}

/**
 * @param loader of the weights
 * @throws LocalLLMError bad-file, not-supported, out-of-memory, shader, aborted; what {@link loadAdapters} throws
 */
export async function prepareForward(
  gpu: Gpu,
  allocation: Allocation,
  read: ModelFile,
  size: LoadSize,
  loader: Pick<WeightLoader, 'reserve' | 'fill' | 'stop'>,
  { adapters = [], signal }: Pick<LoadOptions, 'adapters' | 'signal'> = {},
): Promise<PreparedForward> {
  const { file, architecture, hp } = read;
  const specs = architecture.weights(hp, file);
  refuseUnusedTensors(file, specs, hp);
  const { record, cache, batch, weights } = await recorderOf(gpu, allocation, read, size, specs, loader);
  const target = { gpu, specs, model: { architecture: architecture.name, tensors: file.tensors } };
  const filled = loader.fill();
  filled.catch(() => {}); // reported where it is awaited
  let recorded = new Allocation(gpu);
  try {
    const loras = await loadAdapters({ ...target, allocation: recorded }, adapters, signal);
    const all = watched(adapted(weights, loras), specs);
    const { plan, logits } = await record(recorded, all.weights);
    all.check();
    const forward = await complete(gpu, allocation, { plan, logits, batch, vocab: hp.vocab, size });
    await filled;
    return {
      forward,
      cache,
      adapt: async (others) => {
        const next = new Allocation(gpu);
        try {
          const again = await record(
            next,
            adapted(weights, await loadAdapters({ ...target, allocation: next }, others)),
          );
          const built = await again.plan.build();
          const use = (): void => {
            forward.usePlan(built);
            recorded.release();
            recorded = next;
          };
          return { use, discard: () => next.release() };
        } catch (error) {
          next.release();
          throw noRoomFor(others, error);
        }
      },
      release: () => recorded.release(),
    };
  } catch (error) {
    loader.stop();
    await filled.catch(() => {}); // nothing writes into buffers that are about to go
    recorded.release();
    throw error;
  }
}

/** The model itself has its memory already: what is missing is room for adapters beside it. */
function noRoomFor(adapters: readonly AdapterSource[], error: unknown): unknown {
  if (!(error instanceof LocalLLMError) || error.code !== 'out-of-memory' || adapters.length === 0) return error;
  const names = adapters.map(({ name }) => quoted(name)).join(', ');
  const message = `There is too little GPU memory for ${names} beside the model. Attach fewer adapters, or load the model with a shorter context.`;
  return new LocalLLMError('out-of-memory', message, { cause: error, details: error.details });
}

interface Recorded {
  plan: PlanBuilder;
  /** [outputs, vocab] */
  logits: GPUBuffer;
}

/** Everything that recording a forward takes; recorded again, it works in the same buffers. */
async function recorderOf(
  gpu: Gpu,
  allocation: Allocation,
  read: ModelFile,
  size: LoadSize,
  specs: WeightSpecs,
  loader: Pick<WeightLoader, 'reserve'>,
) {
  const { architecture, hp } = read;
  const { limits, kvType } = size;
  const ropeTables = await makeRopeTables(gpu, allocation, read, size.contextTokens);
  const cache = await GpuCache.allocate(gpu, allocation, hp, size);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
  const batch = await allocation.allocate('the batch', Batch.words(limits) * 4, usage);
  const weights = await loader.reserve(specs);
  const activations = new Map<string, Promise<Activation>>();
  const activation: ForwardContext['activation'] = (label, width, rows = 'tokens') => {
    const made = activations.get(label) ?? allocateActivation(allocation, label, width, rows, limits[rows]);
    activations.set(label, made);
    return made;
  };
  const record = async (into: Allocation, using: Weights): Promise<Recorded> => {
    const plan = new PlanBuilder(gpu, into, batch);
    const context: ForwardContext = {
      plan,
      weights: using,
      kvType,
      cache: (layer) => cache.layer(layer),
      state: (layer, name) => cache.state(layer, name),
      ropeTable: (name) => listed(ropeTables, name),
      activation,
    };
    return { plan, logits: await architecture.forward(context, hp) };
  };
  return { record, cache, batch, weights };
}

async function makeRopeTables(
  gpu: Gpu,
  allocation: Allocation,
  { file, source, hp }: ModelFile,
  contextTokens: number,
): Promise<Map<string, GPUBuffer>> {
  const ropeTables = new Map<string, GPUBuffer>();
  for (const [name, rope] of Object.entries(hp.ropes)) {
    const [tensor] = factorNames(rope.factors, contextTokens);
    const factors = tensor === undefined ? undefined : await readVector(file, source, tensor, [rope.dim / 2]);
    const table = makeRopeTable(rope, contextTokens, factors);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const buffer = await allocation.allocate(`the RoPE table ${name}`, table.byteLength, usage);
    gpu.device.queue.writeBuffer(buffer, 0, table);
    ropeTables.set(name, buffer);
  }
  return ropeTables;
}

/** Compiles all pipelines, those of sampling and drawing with them. */
async function complete(
  gpu: Gpu,
  allocation: Allocation,
  { plan, logits, batch, vocab, size }: Recorded & { batch: GPUBuffer; vocab: number; size: LoadSize },
): Promise<Forward> {
  const maxOutputs = size.limits.outputs;
  const sampling = await recordSampling(gpu, allocation, logits, vocab, maxOutputs, MAX_LOGIT_BIAS);
  const shared = { batch, logits, vocab, maxOutputs };
  const drawing = await recordDrawing(gpu, allocation, shared, sampling.buffers);
  return Forward.create({ gpu, plan: await plan.build(), sampling, drawing, ...shared }, allocation);
}

/** The weights with what adapters add to them. */
function adapted(weights: Weights, loras: ReadonlyMap<string, Lora>): Weights {
  const matrix = (name: string): Matrix => {
    const lora = loras.get(name);
    return lora ? { ...weights.matrix(name), lora } : weights.matrix(name);
  };
  return { ...weights, matrix };
}
