/**
 * The one forward: a ragged batch in, for each output row the most likely token or the best candidates out.
 *
 * @module
 */
import type { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Plan, type Tap } from '../gpu/plan.ts';
import { profile, type ProfiledForward, type ProfilerRuns } from '../gpu/profiler.ts';
import type { Sampling, SamplingBuffers, SamplingPlans } from '../ops/sampling.ts';
import { CANDIDATES } from '../../shaders/sample/top-k.kernel.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { Batch } from './batch.ts';

/** What is done to a row's logits before anything is picked: llama.cpp's penalties, and the bias. */
export interface Adjustment {
  id: number;
  /** Positive logits are divided by it, negative ones multiplied. */
  repetition: number;
  subtract: number;
}

export interface OutputRequest {
  /** Whether candidates and sums are wanted; without them only the most likely token is read back. */
  candidates: boolean;
  /** 1 / temperature, for the sum at that temperature. */
  inverseTemperature: number;
  adjustments: readonly Adjustment[];
}

export interface Candidates {
  /** Token ids and logits, largest logit first. */
  ids: Uint32Array;
  logits: Float32Array;
  max: number;
  /** Σ exp(logit − max) over the whole vocabulary. */
  sum: number;
  /** Σ exp((logit − max) / temperature) over the whole vocabulary. */
  sumAtTemperature: number;
}

export interface OutputRow {
  /** The id of the largest logit, the first of equals. */
  best: number;
  candidates?: Candidates;
}

export interface TapValue {
  name: string;
  /** [rows, width] */
  shape: [number, number];
  data: Float32Array<ArrayBuffer>;
}

const STAGING_BUFFERS = 3;
const CANDIDATE_BYTES = CANDIDATES * 8;
const ROW_BYTES = 16;

interface ForwardParts {
  gpu: Gpu;
  plan: Plan;
  sampling: Sampling;
  batch: GPUBuffer;
  /** [maxOutputs, vocab] */
  logits: GPUBuffer;
  vocab: number;
  maxOutputs: number;
}

export class Forward {
  readonly #gpu: Gpu;
  readonly #plan: Plan;
  readonly #sampling: SamplingPlans;
  readonly #buffers: SamplingBuffers;
  readonly #batch: GPUBuffer;
  readonly #logits: GPUBuffer;
  readonly #vocab: number;
  readonly #staging: GPUBuffer[];
  readonly #entries: Uint32Array<ArrayBuffer>;
  readonly #temperatures: Float32Array<ArrayBuffer>;
  #turn = 0;
  #fault: string | undefined;

  private constructor(parts: ForwardParts, staging: GPUBuffer[]) {
    this.#gpu = parts.gpu;
    this.#plan = parts.plan;
    this.#sampling = parts.sampling.plans;
    this.#buffers = parts.sampling.buffers;
    this.#batch = parts.batch;
    this.#logits = parts.logits;
    this.#vocab = parts.vocab;
    this.#staging = staging;
    this.#entries = new Uint32Array(this.#buffers.entries.size / 4);
    this.#temperatures = new Float32Array(parts.maxOutputs);
    this.#gpu.device.onuncapturederror = (event) => {
      this.#fault ??= event.error.message;
    };
  }

  /** @throws LocalLLMError out-of-memory */
  static async create(parts: ForwardParts, allocation: Allocation): Promise<Forward> {
    const size = parts.maxOutputs * (2 * ROW_BYTES + CANDIDATE_BYTES);
    const staging: GPUBuffer[] = [];
    for (let i = 0; i < STAGING_BUFFERS; i++) {
      staging.push(await allocation.allocate('results', size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST));
    }
    return new Forward(parts, staging);
  }

  /**
   * Computes the batch and picks tokens, in one submit. The logits stay on the GPU until the next run.
   * @param requests one for each output row
   * @throws LocalLLMError numerics, device-lost, internal
   */
  async run(batch: Batch, requests: readonly OutputRequest[]): Promise<OutputRow[]> {
    const { device } = this.#gpu;
    const { dims } = batch;
    device.queue.writeBuffer(this.#batch, 0, batch.words, 0, batch.usedWords);
    const adjusted = this.#writeAdjustments(requests);
    const wantCandidates = requests.some((r) => r.candidates);
    if (wantCandidates) {
      requests.forEach((r, i) => (this.#temperatures[i] = r.inverseTemperature));
      device.queue.writeBuffer(this.#buffers.inverseTemperatures, 0, this.#temperatures, 0, requests.length);
    }
    const { adjust, best, candidates } = this.#sampling;
    const sampling = [...(adjusted ? [adjust] : []), best, ...(wantCandidates ? [candidates] : [])];
    const encoder = Plan.encode(this.#gpu, dims.outputs > 0 ? [this.#plan, ...sampling] : [this.#plan], dims);
    if (dims.outputs === 0) {
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
      this.#check();
      return [];
    }
    const staging = this.#staging[this.#turn++ % STAGING_BUFFERS]!;
    const bytes = this.#copyResults(encoder, staging, dims.outputs, wantCandidates);
    device.queue.submit([encoder.finish()]);
    const data = await this.#read(staging, bytes);
    this.#check();
    return requests.map((request, row) => this.#row(data, requests.length, row, request));
  }

  /** All logits of an output row of the last run: [vocab], adjustments included. */
  async readLogits(row: number): Promise<Float32Array<ArrayBuffer>> {
    const bytes = this.#vocab * 4;
    return new Float32Array(await this.#copyOut(this.#logits, row * bytes, bytes));
  }

  /** Runs the batch step by step and returns every tap. For tests and `localllm dump`; slow. */
  async runWithTaps(batch: Batch): Promise<TapValue[]> {
    const { device } = this.#gpu;
    device.queue.writeBuffer(this.#batch, 0, batch.words, 0, batch.usedWords);
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
      const all = new Float32Array(await this.#read(staging, staging.size));
      staging.destroy();
      const [first, count] = tap.columns;
      const data = new Float32Array(rows * count);
      for (let r = 0; r < rows; r++) {
        data.set(all.subarray(r * tap.stride + first, r * tap.stride + first + count), r * count);
      }
      values.push({ name: tap.name, shape: [rows, count], data });
    }
    this.#check();
    return values;
  }

  /** GPU times of every dispatch of the batch with greedy sampling. Leaves the caches of the batch's sequences spoiled. */
  async profile(batch: Batch, runs: ProfilerRuns): Promise<ProfiledForward> {
    this.#gpu.device.queue.writeBuffer(this.#batch, 0, batch.words, 0, batch.usedWords);
    return profile(this.#gpu, [this.#plan, this.#sampling.best], batch.dims, runs);
  }

  /** Entries of all rows: a count, then (row, id, repetition, subtract). Whether there are any. */
  #writeAdjustments(requests: readonly OutputRequest[]): boolean {
    const words = this.#entries;
    const floats = new Float32Array(words.buffer);
    const capacity = words.length / 4 - 1;
    let count = 0;
    requests.forEach(({ adjustments }, row) => {
      for (const { id, repetition, subtract } of adjustments) {
        if (count === capacity) {
          throw new LocalLLMError(
            'bad-argument',
            `More than ${capacity} logit biases and penalties in one step: give fewer.`,
          );
        }
        const at = ++count * 4;
        words[at] = row;
        words[at + 1] = id;
        floats[at + 2] = repetition;
        floats[at + 3] = subtract;
      }
    });
    if (count === 0) return false;
    words[0] = count;
    this.#gpu.device.queue.writeBuffer(this.#buffers.entries, 0, words, 0, (count + 1) * 4);
    return true;
  }

  #copyResults(encoder: GPUCommandEncoder, staging: GPUBuffer, rows: number, candidates: boolean): number {
    const { picks, sums, candidates: best } = this.#buffers;
    encoder.copyBufferToBuffer(picks, 0, staging, 0, rows * ROW_BYTES);
    if (!candidates) return rows * ROW_BYTES;
    encoder.copyBufferToBuffer(sums, 0, staging, rows * ROW_BYTES, rows * ROW_BYTES);
    encoder.copyBufferToBuffer(best, 0, staging, rows * 2 * ROW_BYTES, rows * CANDIDATE_BYTES);
    return rows * (2 * ROW_BYTES + CANDIDATE_BYTES);
  }

  #row(data: ArrayBuffer, rows: number, row: number, request: OutputRequest): OutputRow {
    const pick = new Uint32Array(data, row * ROW_BYTES, 4);
    if (pick[2] !== 0) {
      throw new LocalLLMError(
        'numerics',
        'The model computed NaN or infinity: its weights are damaged or unsuited. Delete the model and fetch it again.',
      );
    }
    if (!request.candidates) return { best: pick[0]! };
    const sums = new Float32Array(data, (rows + row) * ROW_BYTES, 4);
    const pairs = new Uint32Array(data, rows * 2 * ROW_BYTES + row * CANDIDATE_BYTES, CANDIDATES * 2);
    const values = new Float32Array(pairs.buffer, pairs.byteOffset, pairs.length);
    const count = Math.min(CANDIDATES, this.#vocab);
    return {
      best: pick[0]!,
      candidates: {
        ids: Uint32Array.from({ length: count }, (_, i) => pairs[i * 2 + 1]!),
        logits: Float32Array.from({ length: count }, (_, i) => values[i * 2]!),
        max: sums[0]!,
        sum: sums[1]!,
        sumAtTemperature: sums[2]!,
      },
    };
  }

  async #copyOut(buffer: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
    const { device } = this.#gpu;
    const staging = device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    try {
      return await this.#read(staging, bytes);
    } finally {
      staging.destroy();
    }
  }

  async #read(staging: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, bytes);
    } catch (cause) {
      this.#check();
      throw new LocalLLMError(
        'device-lost',
        'The GPU was lost while the model was answering. Try again; if it happens again, restart the browser.',
        { cause },
      );
    }
    const data = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    return data;
  }

  /** Validation errors reach no promise: they wait here. */
  #check(): void {
    if (this.#fault === undefined) return;
    const message = this.#fault;
    this.#fault = undefined;
    throw new LocalLLMError('internal', `The GPU refused the work: ${message}`);
  }
}
