/**
 * What a forward picked, read back from the GPU.
 *
 * @module
 */
import { CANDIDATES } from '../../shaders/sample/top-k.kernel.ts';
import type { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { SamplingBuffers } from '../ops/sampling.ts';
import { LocalLLMError } from '../protocol/errors.ts';

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
  /** The token that was drawn; of rows without a temperature the id of the largest logit, the first of equals. */
  id: number;
  candidates?: Candidates;
}

const CANDIDATE_BYTES = CANDIDATES * 8;
const ROW_BYTES = 16;

/** Reads buffers, and finds faults that reach no promise. */
export class Reader {
  readonly #gpu: Gpu;
  #fault: LocalLLMError | undefined;

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
    gpu.device.onuncapturederror = ({ error }) => (this.#fault ??= faultOf(error));
  }

  /** @throws LocalLLMError device-lost, out-of-memory, internal */
  async map(staging: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    await this.settled(staging.mapAsync(GPUMapMode.READ, 0, bytes));
    const data = staging.getMappedRange(0, bytes).slice(0);
    staging.unmap();
    this.check();
    return data;
  }

  /** Waits for the GPU. @throws LocalLLMError device-lost, out-of-memory, internal */
  async settled(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (cause) {
      this.check();
      throw new LocalLLMError(
        'device-lost',
        'The GPU was lost while the model was answering. Try again; if it happens again, restart the browser.',
        { cause },
      );
    }
  }

  /** Part of a buffer, through a staging buffer made for it. */
  async copy(buffer: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
    const { device } = this.#gpu;
    const staging = device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    try {
      return await this.map(staging, bytes);
    } finally {
      staging.destroy();
    }
  }

  /** Errors of the device reach no promise: they wait here. @throws LocalLLMError out-of-memory, internal */
  check(): void {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault) throw fault;
  }
}

function faultOf(error: GPUError): LocalLLMError {
  if (error instanceof GPUOutOfMemoryError) {
    return new LocalLLMError(
      'out-of-memory',
      `The GPU ran out of memory while the model was answering (${error.message}). Choose a shorter context or a smaller model, or close other tabs that use the GPU.`,
    );
  }
  return new LocalLLMError('internal', `The GPU refused the work: ${error.message}`);
}

/** Staging buffers for picks and candidates, used in turns. */
export class Results {
  readonly #reader: Reader;
  readonly #buffers: SamplingBuffers;
  readonly #vocab: number;
  readonly #free: GPUBuffer[];

  private constructor(reader: Reader, buffers: SamplingBuffers, vocab: number, free: GPUBuffer[]) {
    this.#reader = reader;
    this.#buffers = buffers;
    this.#vocab = vocab;
    this.#free = free;
  }

  /** @param turns forwards whose results may wait at once. @throws LocalLLMError out-of-memory */
  static async create(
    allocation: Allocation,
    reader: Reader,
    options: { buffers: SamplingBuffers; vocab: number; maxOutputs: number; turns: number },
  ): Promise<Results> {
    const size = options.maxOutputs * (2 * ROW_BYTES + CANDIDATE_BYTES);
    const staging: GPUBuffer[] = [];
    for (let i = 0; i < options.turns; i++) {
      staging.push(await allocation.allocate('results', size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST));
    }
    return new Results(reader, options.buffers, options.vocab, staging);
  }

  /** Encodes the copies of `rows` rows; what it returns reads them, and is called once after the submit. */
  copy(encoder: GPUCommandEncoder, rows: number, candidates: boolean): () => Promise<OutputRow[]> {
    const staging = this.#free.shift();
    if (!staging) throw new Error('more results wait than there are staging buffers');
    const { picks, sums, candidates: best } = this.#buffers;
    let bytes = rows * ROW_BYTES;
    encoder.copyBufferToBuffer(picks, 0, staging, 0, bytes);
    if (candidates) {
      encoder.copyBufferToBuffer(sums, 0, staging, bytes, rows * ROW_BYTES);
      encoder.copyBufferToBuffer(best, 0, staging, 2 * bytes, rows * CANDIDATE_BYTES);
      bytes = rows * (2 * ROW_BYTES + CANDIDATE_BYTES);
    }
    return async () => {
      const data = await this.#reader.map(staging, bytes).finally(() => this.#free.push(staging));
      return Array.from({ length: rows }, (_, row) => this.#row(data, rows, row, candidates));
    };
  }

  #row(data: ArrayBuffer, rows: number, row: number, candidates: boolean): OutputRow {
    const pick = new Uint32Array(data, row * ROW_BYTES, 4);
    if (pick[2] !== 0) {
      throw new LocalLLMError(
        'numerics',
        'The model computed NaN or infinity: its weights are damaged or unsuited. Delete the model and fetch it again.',
      );
    }
    if (!candidates) return { id: pick[0]! };
    const sums = new Float32Array(data, (rows + row) * ROW_BYTES, 4);
    const pairs = new Uint32Array(data, rows * 2 * ROW_BYTES + row * CANDIDATE_BYTES, CANDIDATES * 2);
    const values = new Float32Array(pairs.buffer, pairs.byteOffset, pairs.length);
    const count = Math.min(CANDIDATES, this.#vocab);
    return {
      id: pick[0]!,
      candidates: {
        ids: Uint32Array.from({ length: count }, (_, i) => pairs[i * 2 + 1]!),
        logits: Float32Array.from({ length: count }, (_, i) => values[i * 2]!),
        max: sums[0]!,
        sum: sums[1]!,
        sumAtTemperature: sums[2]!,
      },
    };
  }
}
