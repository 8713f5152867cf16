/**
 * The one forward: a ragged batch in, for each output row a token out, and where wanted the best candidates.
 *
 * @module
 */
import type { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Tap } from '../gpu/dispatch.ts';
import { Plan } from '../gpu/plan.ts';
import { profile, type ProfiledForward, type ProfilerRuns } from '../gpu/profiler.ts';
import { searchShapes, type SearchOptions } from '../gpu/shape-search.ts';
import { type Drawing, MAX_STOPS } from '../ops/drawing.ts';
import { type Masking, recordMasking } from '../ops/masking.ts';
import type { Sampling } from '../ops/sampling.ts';
import type { Batch } from './batch.ts';
import { type OutputRow, Reader, Results } from './results.ts';
import { type OutputRequest, SamplingInputs } from './sampling-inputs.ts';

export interface TapValue {
  name: string;
  /** [rows, width] */
  shape: [number, number];
  data: Float32Array<ArrayBuffer>;
}

/** Decode steps that are submitted before the first of them has been read. A browser tells of a readback 3 ms late: four hide it. */
export const STEPS_IN_FLIGHT = 4;

/** The beginning of a batch's header: one token, one output. */
const ONE_TOKEN = Uint32Array.of(1, 1);

interface ForwardParts {
  gpu: Gpu;
  sampling: Sampling;
  drawing: Drawing;
  batch: GPUBuffer;
  /** [maxOutputs, vocab] */
  logits: GPUBuffer;
  vocab: number;
  maxOutputs: number;
}

/** Decode steps that follow each other on the GPU: every token goes from the draw into the next step's batch. */
export interface DecodeRun {
  /** Submits one more step; resolves with the tokens that it draws, one for each sequence of the batch. */
  step(): Promise<OutputRow[]>;
}

export class Forward {
  readonly #parts: ForwardParts;
  #plan: Plan;
  readonly #reader: Reader;
  readonly #results: Results;
  readonly #inputs: SamplingInputs;
  readonly #allocation: Allocation;
  /** Made when the first mask comes. */
  #masking: Masking | undefined;
  /** When the last batch without outputs is done. */
  #chunk: Promise<unknown> = Promise.resolve();

  private constructor(parts: ForwardParts, plan: Plan, reader: Reader, results: Results, allocation: Allocation) {
    this.#parts = parts;
    this.#plan = plan;
    this.#reader = reader;
    this.#results = results;
    this.#allocation = allocation;
    this.#inputs = new SamplingInputs(parts.gpu, parts.sampling, parts.drawing, parts.vocab, parts.maxOutputs);
  }

  /** @throws LocalLLMError out-of-memory */
  static async create({ plan, ...parts }: ForwardParts & { plan: Plan }, allocation: Allocation): Promise<Forward> {
    const reader = new Reader(parts.gpu);
    const { vocab, maxOutputs, sampling } = parts;
    const options = { buffers: sampling.buffers, vocab, maxOutputs, turns: STEPS_IN_FLIGHT };
    return new Forward(parts, plan, reader, await Results.create(allocation, reader, options), allocation);
  }

  /** Goes on with another recording, made for the same buffers. */
  usePlan(plan: Plan): void {
    this.#plan = plan;
  }

  /**
   * Computes the batch and picks tokens, in one submit. The logits stay on the GPU until the next run. A batch without outputs is not
   * waited for, only the one before it: the GPU has the next chunk of a prompt before it has done with this one.
   * @param requests one for each output row
   * @throws LocalLLMError bad-argument, numerics, device-lost, internal
   */
  async run(batch: Batch, requests: readonly OutputRequest[]): Promise<OutputRow[]> {
    const { gpu } = this.#parts;
    const plan = this.#plan;
    if (requests.some(({ mask }) => mask)) this.#masking ??= await this.#prepareMasks();
    this.#write(batch);
    if (requests.length > 0) {
      return this.#submit(batch, [plan, ...this.#inputs.write(requests, this.#masking)], requests);
    }
    gpu.device.queue.submit([Plan.encode(gpu, [plan], batch.dims).finish()]);
    const before = this.#chunk;
    this.#chunk = this.#reader.settled(gpu.device.queue.onSubmittedWorkDone());
    this.#chunk.catch(() => {}); // reported to whoever waits for it
    await before;
    this.#reader.check();
    return [];
  }

  /**
   * Begins decoding: `batch` has one token of each sequence, and all are outputs. Up to {@link STEPS_IN_FLIGHT} steps may be under
   * way; the pages of all their positions have to be in the batch. A sequence that takes a token that ends answers goes no further.
   * @param requests one for each sequence; penalties go on from the history on the GPU
   * @throws LocalLLMError bad-argument
   */
  decode(batch: Batch, requests: readonly OutputRequest[]): DecodeRun {
    const { drawing } = this.#parts;
    this.#write(batch);
    const first = [this.#plan, ...this.#inputs.write(requests)];
    let plans = first;
    return {
      step: () => {
        const step = this.#submit(batch, plans, requests);
        plans = [drawing.advance, ...first];
        return step;
      },
    };
  }

  /** Ids that end an answer: a decode run takes a sequence no further than them. */
  setStops(ids: Iterable<number>): void {
    const list = [...ids].slice(0, MAX_STOPS);
    this.#parts.gpu.device.queue.writeBuffer(this.#parts.drawing.stops, 0, Uint32Array.of(list.length, ...list));
  }

  /** Tells a decode run of a page that one of its sequences got: word `at` of the batch. */
  writeWord(batch: Batch, at: number): void {
    this.#parts.gpu.device.queue.writeBuffer(this.#parts.batch, at * 4, batch.words, at, 1);
  }

  /** All logits of an output row of the last run: [vocab], penalties and biases included. */
  async readLogits(row: number): Promise<Float32Array<ArrayBuffer>> {
    const bytes = this.#parts.vocab * 4;
    return new Float32Array(await this.#reader.copy(this.#parts.logits, row * bytes, bytes));
  }

  /** Runs the batch step by step and returns every tap. For tests and `localllm dump`; slow. */
  async runWithTaps(batch: Batch): Promise<TapValue[]> {
    const { gpu } = this.#parts;
    const { device } = gpu;
    this.#write(batch);
    const copies: { tap: Tap; rows: number; staging: GPUBuffer }[] = [];
    const encoder = this.#plan.encodeWithTaps(batch.dims, (tap, into) => {
      const rows = tap.rows === 'tokens' ? batch.dims.tokens : batch.dims.outputs;
      const size = rows * tap.stride * 4;
      const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
      into.copyBufferToBuffer(tap.buffer, 0, staging, 0, size);
      copies.push({ tap, rows, staging });
    });
    device.queue.submit([encoder.finish()]);
    const values: TapValue[] = [];
    for (const { tap, rows, staging } of copies) {
      const all = new Float32Array(await this.#reader.map(staging, staging.size));
      staging.destroy();
      const [first, count] = tap.columns;
      const data = new Float32Array(rows * count);
      for (let r = 0; r < rows; r++) {
        data.set(all.subarray(r * tap.stride + first, r * tap.stride + first + count), r * count);
      }
      values.push({ name: tap.name, shape: [rows, count], data });
    }
    return values;
  }

  /** GPU times of every dispatch of the batch with greedy sampling. Leaves the caches of the batch's sequences spoiled. */
  async profile(batch: Batch, runs: ProfilerRuns): Promise<ProfiledForward> {
    this.#write(batch);
    return profile(this.#parts.gpu, [this.#plan, this.#parts.sampling.plans.best], batch.dims, runs);
  }

  /**
   * Finds the best shapes for one token, of what is not known in `gpu.shapes`, and goes on with them. Caches stay as they are.
   * @throws LocalLLMError device-lost
   */
  searchShapes({ exclusively = (work) => work(), ...options }: SearchOptions = {}): Promise<void> {
    const { gpu, batch } = this.#parts;
    return searchShapes(gpu, this.#plan, {
      exclusively: (work) =>
        exclusively(() => {
          gpu.device.queue.writeBuffer(batch, 0, ONE_TOKEN);
          return work();
        }),
      ...options,
    });
  }

  #write(batch: Batch): void {
    this.#parts.gpu.device.queue.writeBuffer(this.#parts.batch, 0, batch.words, 0, batch.usedWords);
  }

  #prepareMasks(): Promise<Masking> {
    const { gpu, logits, vocab, maxOutputs, drawing } = this.#parts;
    return recordMasking(gpu, this.#allocation, { logits, rows: drawing.rows, vocab, maxOutputs });
  }

  #submit(batch: Batch, plans: readonly Plan[], requests: readonly OutputRequest[]): Promise<OutputRow[]> {
    const { gpu } = this.#parts;
    const encoder = Plan.encode(gpu, plans, batch.dims);
    const wanted = requests.some(({ candidates }) => candidates);
    const read = this.#results.copy(encoder, requests.length, wanted);
    gpu.device.queue.submit([encoder.finish()]);
    return read();
  }
}
