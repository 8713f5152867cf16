/**
 * The matrix products and the attention of real models, each alone: time, bytes a second, and how near to the roofline measured in
 * the same run. The operations are recorded as a forward records them, so the kernels are those that a model gets. Runs in Node and in a page.
 *
 * @module
 */
import { attention } from '../../engine/ops/attention.ts';
import { type Activation, allocateActivation, type ForwardContext, type Matrix } from '../../engine/ops/context.ts';
import { linear } from '../../engine/ops/linear.ts';
import type { Allocation } from '../../engine/gpu/allocation.ts';
import { type Gpu, WHOLE } from '../../engine/gpu/gpu.ts';
import { type Dims, ONE_ROW } from '../../engine/gpu/dispatch.ts';
import { type Plan, PlanBuilder } from '../../engine/gpu/plan.ts';
import { searchShapes } from '../../engine/gpu/shape-search.ts';
import type { Stopwatch } from '../../engine/gpu/stopwatch.ts';
import type { Roofline } from '../../engine/protocol/profile.ts';
import { Batch, type BatchLimits } from '../../engine/runtime/batch.ts';
import { CachePool, pagesFor, Sequence } from '../../engine/runtime/kv-cache.ts';
import { withAllocation } from '../../engine/runtime/roofline.ts';
import { kvLayout } from '../../shaders/attention/kv-layout.ts';
import { tokensPerTile } from '../../shaders/attention/attention-shape.ts';
import { isWeightType, weightLayout, type WeightType } from '../../shaders/matmul/weights.ts';
import { streamReadKernel, streamReadShape } from '../../shaders/lab/stream-read.kernel.ts';
import { noise } from '../../shaders/testing/noise.ts';
import { type KernelResult, wholeStep } from './kernel-result.ts';
import { fitting, matricesOf, type MatrixShape, type ModelName, shapeOf } from './models.ts';

export interface KernelOptions {
  models: readonly ModelName[];
  types: readonly WeightType[];
  /** Tokens of one product: 1 decodes. */
  tokens: readonly number[];
  /** Tokens in the cache, for attention. */
  contexts: readonly number[];
  roofline: Roofline;
  onResult: (result: KernelResult) => void;
}

/** Copies of the weights are used in turn, together larger than caches: as in a forward, nothing is there yet. */
const FLUSH_BYTES = 512e6;
const SOFTWARE_FLUSH_BYTES = 32e6;
const PATTERN_BYTES = 1 << 22;
const MEASUREMENTS = 3;

export async function measureKernels(gpu: Gpu, stopwatch: Stopwatch, options: KernelOptions): Promise<void> {
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  await withAllocation(gpu, async (kept) => {
    const pattern = await kept.allocate('a pattern', PATTERN_BYTES, STORAGE | COPY_SRC | COPY_DST);
    // Small numbers as f16 pairs, as f32 and as anything else.
    const words = noise(1, PATTERN_BYTES / 4).map((value) => 0.05 + value * 0.01);
    gpu.device.queue.writeBuffer(pattern, 0, words);
    const bench = new KernelBench(gpu, stopwatch, pattern, options);
    for (const model of options.models) {
      for (const tokens of options.tokens) {
        const matrices = matricesOf(shapeOf(model));
        // The head is computed for the last token only.
        const measured = tokens === 1 ? matrices : matrices.filter(({ name }) => name !== 'head');
        for (const type of options.types) {
          const products: KernelResult[] = [];
          for (const matrix of measured) products.push(await bench.matmul(model, matrix, type, tokens));
          if (tokens === 1) options.onResult(wholeStep(model, type, products, options.roofline));
        }
      }
      for (const past of options.contexts) if (past < (shapeOf(model).context ?? 0)) await bench.attention(model, past);
    }
  });
}

class KernelBench {
  readonly #gpu: Gpu;
  readonly #stopwatch: Stopwatch;
  readonly #pattern: GPUBuffer;
  readonly #options: KernelOptions;
  readonly #flushBytes: number;
  /** Bytes a second, by how many a dispatch reads. */
  readonly #streams = new Map<number, number>();

  constructor(gpu: Gpu, stopwatch: Stopwatch, pattern: GPUBuffer, options: KernelOptions) {
    this.#gpu = gpu;
    this.#stopwatch = stopwatch;
    this.#pattern = pattern;
    this.#options = options;
    this.#flushBytes = gpu.adapter.software ? SOFTWARE_FLUSH_BYTES : FLUSH_BYTES;
  }

  matmul(
    model: ModelName,
    { name, rows, cols, glu }: MatrixShape,
    wanted: WeightType,
    tokens: number,
  ): Promise<KernelResult> {
    const type = fitting(wanted, cols);
    if (!isWeightType(type)) throw new Error(`No kernel multiplies ${type}.`);
    return withAllocation(this.#gpu, async (allocation) => {
      const { quantBytes, scaleBytes } = weightLayout(type, rows, cols);
      const bytes = quantBytes + scaleBytes;
      // Many tokens make the product so long that what is cached in the beginning does not matter.
      const copies = tokens > 16 ? 1 : this.#copies(bytes);
      const limits = { tokens, outputs: tokens, sequences: 1, pagesPerSequence: 1 };
      const { plan, context, batch, matrices } = await this.#context(allocation, limits);
      this.#gpu.device.queue.writeBuffer(batch, 0, Uint32Array.of(tokens, tokens, 1, 1));
      const x = await context.activation('x', cols);
      const out = await context.activation('y', glu ? rows / 2 : rows);
      for (let copy = 0; copy < copies; copy++) {
        matrices.set(`${copy}`, await this.#matrix(allocation, type, rows, cols));
        linear(context, x, `${copy}`, out, glu ? { glu: 'silu' } : {});
      }
      const shape = `${rows} × ${cols}`;
      const dims = { ...ONE_ROW, tokens, outputs: tokens };
      const known = { model, kernel: name, type, shape, tokens };
      return this.#report(known, plan, dims, copies, tokens === 1 ? await this.#streamOf(bytes) : undefined);
    });
  }

  /** Bytes a second of dispatches that only read, `bytes` each, from copies that are used in turn. */
  async #streamOf(bytes: number): Promise<number> {
    const known = this.#streams.get(bytes);
    if (known !== undefined) return known;
    const measured = await withAllocation(this.#gpu, async (allocation) => {
      const { grid, rounds, threads, bytes: read } = streamReadShape(Math.min(bytes, this.#gpu.maxMatrixBytes));
      const folds = await allocation.allocate('what was read', threads * 4, GPUBufferUsage.STORAGE);
      const plan = new PlanBuilder(this.#gpu, allocation);
      const copies = this.#copies(bytes);
      for (let copy = 0; copy < copies; copy++) {
        plan.dispatch({
          label: 'stream-read',
          variants: [{ kernel: streamReadKernel(), grid: () => grid, minRows: 1 }],
          rows: () => 1,
          buffers: { x: await this.#filled(allocation, read), folds },
          params: { rounds, keep: 0 },
        });
      }
      return (read * copies * 1e6) / (await this.#leastOf(await plan.build(), ONE_ROW));
    });
    this.#streams.set(bytes, measured);
    return measured;
  }

  attention(model: ModelName, past: number): Promise<KernelResult> {
    const { heads, kvHeads, headDim } = shapeOf(model);
    return withAllocation(this.#gpu, async (allocation) => {
      const pages = pagesFor(past + 1);
      const { keyBytes, valueBytes } = kvLayout({ kvType: 'f16', kvHeads, headDim, pages });
      const copies = this.#copies(keyBytes + valueBytes);
      const limits = { tokens: 1, outputs: 1, sequences: 1, pagesPerSequence: pages };
      const { plan, context, batch: buffer, caches } = await this.#context(allocation, limits);
      const sequence = new Sequence(Array.from({ length: past + 1 }, () => 0));
      new CachePool({ clear: () => {}, copyPage: () => {} }, pages).reserve(sequence, past + 1);
      sequence.cached = past;
      const batch = new Batch(limits, tokensPerTile(heads, kvHeads));
      batch.set([{ sequence, first: past, count: 1, outputs: 1 }]);
      this.#gpu.device.queue.writeBuffer(buffer, 0, batch.words, 0, batch.usedWords);
      const qkv = await context.activation('qkv', (heads + 2 * kvHeads) * headDim);
      const out = await context.activation('attention', heads * headDim);
      const table = await this.#filled(allocation, (past + 1) * headDim * 4);
      const rotating = { ...context, ropeTable: () => table };
      const rope = { pairing: 'halves', table: 'all', dim: headDim } as const;
      const taps = { q: 'q', k: 'k' };
      for (let copy = 0; copy < copies; copy++) {
        caches.push({
          keys: await this.#filled(allocation, keyBytes),
          values: await this.#filled(allocation, valueBytes),
        });
        attention(rotating, qkv, copy, { heads, kvHeads, headDim }, { rope, scale: headDim ** -0.5, taps }, out);
      }
      const shape = `${heads} heads over ${kvHeads} of ${headDim}, ${past} tokens`;
      return this.#report({ model, kernel: 'attention', type: 'F16', shape, tokens: 1 }, plan, batch.dims, copies);
    });
  }

  async #report(
    known: Pick<KernelResult, 'model' | 'kernel' | 'type' | 'shape' | 'tokens'>,
    builder: PlanBuilder,
    dims: Dims,
    copies: number,
    streamBytesPerSecond?: number,
  ): Promise<KernelResult> {
    const plan = await builder.build();
    await searchShapes(this.#gpu, plan);
    const sum = (key: 'bytes' | 'flops') => plan.describe(dims).reduce((total, step) => total + step[key], 0) / copies;
    const [bytes, flops] = [sum('bytes'), sum('flops')];
    const microseconds = (await this.#leastOf(plan, dims)) / copies;
    const { bytesPerSecond, flopsPerSecond } = this.#options.roofline;
    const least = Math.max(bytes / bytesPerSecond, flops / flopsPerSecond) * 1e6;
    const gigabytesPerSecond = bytes / microseconds / 1000;
    const result: KernelResult = {
      ...known,
      microseconds,
      bytes,
      gigabytesPerSecond,
      ofRoofline: least / microseconds,
      ...(streamBytesPerSecond !== undefined && { ofStream: (gigabytesPerSecond * 1e9) / streamBytesPerSecond }),
    };
    this.#options.onResult(result);
    return result;
  }

  /** Microseconds of one run, the least of some: a GPU that was idle, or serves others too, takes longer for a while. */
  async #leastOf(plan: Plan, dims: Dims): Promise<number> {
    const times: number[] = [];
    while (times.length < MEASUREMENTS) times.push(await this.#stopwatch.timeOne([plan], dims));
    return Math.min(...times);
  }

  #copies(bytes: number): number {
    return Math.max(1, Math.min(64, Math.ceil(this.#flushBytes / bytes)));
  }

  /** What operations record into, without a model. */
  async #context(allocation: Allocation, limits: BatchLimits) {
    const { STORAGE, COPY_DST } = GPUBufferUsage;
    const batch = await allocation.allocate('the batch', Batch.words(limits) * 4, STORAGE | COPY_DST);
    const plan = new PlanBuilder(this.#gpu, allocation, batch);
    const caches: ReturnType<ForwardContext['cache']>[] = [];
    const matrices = new Map<string, Matrix>();
    const nothing = () => {
      throw new Error('These operations need no vectors, states or tables.');
    };
    const context: ForwardContext = {
      plan,
      kvType: 'f16',
      weights: { matrix: (name) => matrices.get(name)!, has: () => false, vector: nothing, optional: () => undefined },
      cache: (layer) => caches[layer]!,
      state: nothing,
      ropeTable: nothing,
      activation: async (label, width, rows = 'tokens') => {
        const made = await allocateActivation(allocation, label, width, rows, limits[rows]);
        return { ...made, buffer: await this.#filled(allocation, made.buffer.size) } satisfies Activation;
      },
    };
    return { plan, context, batch, caches, matrices };
  }

  async #matrix(allocation: Allocation, type: WeightType, rows: number, cols: number): Promise<Matrix> {
    const whole = weightLayout(type, rows, cols);
    const { unitsPerRow, scalesPerRow } = whole;
    const parts = Math.ceil(Math.max(whole.quantBytes, whole.scaleBytes) / this.#gpu.maxMatrixBytes);
    const most = Math.ceil(rows / parts / 64) * 64;
    const segments: Matrix['segments'][number][] = [];
    for (let firstRow = 0; firstRow < rows; firstRow += most) {
      const count = Math.min(most, rows - firstRow);
      const { quantBytes, scaleBytes } = weightLayout(type, count, cols);
      const quants = WHOLE(await this.#filled(allocation, quantBytes));
      const scales = WHOLE(await this.#filled(allocation, scaleBytes));
      segments.push({ type, firstRow, rows: count, unitsPerRow, scalesPerRow, quants, scales });
    }
    return { rows, cols, segments };
  }

  /** A buffer full of the pattern: memory and arithmetic units see numbers, not zeros. */
  async #filled(allocation: Allocation, bytes: number): Promise<GPUBuffer> {
    const buffer = await allocation.allocate('numbers', bytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
    const encoder = this.#gpu.device.createCommandEncoder();
    for (let at = 0; at < buffer.size; at += PATTERN_BYTES) {
      encoder.copyBufferToBuffer(this.#pattern, 0, buffer, at, Math.min(PATTERN_BYTES, buffer.size - at));
    }
    this.#gpu.device.queue.submit([encoder.finish()]);
    return buffer;
  }
}
