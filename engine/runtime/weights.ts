/**
 * Streams tensors from the file to the GPU and repacks them there into aligned, still quantized matrices.
 *
 * @module
 */
import { repackKernel } from '../../shaders/repack/repack.kernel.ts';
import { weightLayout } from '../../shaders/matmul/weights.ts';
import type { MatrixPart, MatrixSpec, VectorSpec, WeightSpecs } from '../arch/architecture.ts';
import { checkFinite } from '../gguf/finite.ts';
import type { GgufFile } from '../gguf/parse.ts';
import type { ByteSource } from '../gguf/source.ts';
import { Allocation } from '../gpu/allocation.ts';
import { type Gpu, type BufferRange, WHOLE } from '../gpu/gpu.ts';
import { Plan, PlanBuilder } from '../gpu/plan.ts';
import type { Matrix, MatrixSegment, Weights } from '../ops/context.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { align, ALIGNMENT, listed, planSegments, tensorOf, vectorOf } from './tensors.ts';

/** Bytes of the file that travel at once; bounds what is held in JavaScript's memory. */
export const CHUNK_BYTES = 8 << 20;
/** One is read while the other is used. */
export const CHUNKS = 2;
/** Uploaded bytes after which the GPU is waited for. */
const IN_FLIGHT_BYTES = 64 << 20;

/** Bytes of the file, and what becomes of them. */
interface Piece {
  offset: number;
  length: number;
  use(bytes: Uint8Array<ArrayBuffer>): Promise<void> | void;
}

export interface WeightSource {
  gpu: Gpu;
  /** Holds the weights. */
  allocation: Allocation;
  file: GgufFile;
  source: ByteSource;
  /** Bytes that were read since the last call. */
  onBytes: (bytes: number) => void;
  signal?: AbortSignal | undefined;
}

export class WeightLoader {
  readonly #gpu: Gpu;
  readonly #allocation: Allocation;
  readonly #file: GgufFile;
  readonly #source: ByteSource;
  readonly #onBytes: (bytes: number) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #fills: (() => Iterable<Piece>)[] = [];
  /** Where pieces are read to, in turns; as large as the largest so far. */
  readonly #memory = Array.from({ length: CHUNKS }, () => new Uint8Array(0));
  #raw: GPUBuffer | undefined;
  #inFlight = 0;
  #stopped = false;

  constructor({ gpu, allocation, file, source, onBytes, signal }: WeightSource) {
    this.#gpu = gpu;
    this.#allocation = allocation;
    this.#file = file;
    this.#source = source;
    this.#onBytes = onBytes;
    this.#signal = signal;
  }

  /**
   * Buffers for all weights, still empty: kernels can be recorded with them, and compile while {@link fill} reads.
   * @throws LocalLLMError bad-file, not-supported, out-of-memory
   */
  async reserve(specs: WeightSpecs): Promise<Weights> {
    const matrices = new Map<string, Matrix>();
    const vectors = new Map<string, GPUBuffer>();
    for (const [name, spec] of specs.matrices) {
      const matrix = await this.#reserveMatrix(name, spec);
      matrices.set(name, matrix);
      this.#fills.push(() =>
        spec.parts.flatMap((part) => matrix.segments.flatMap((segment) => [...this.#pieces(segment, spec, part)])),
      );
    }
    for (const [name, spec] of specs.vectors) {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
      const buffer = await this.#allocation.allocate(name, spec.size * 4, usage);
      vectors.set(name, buffer);
      this.#fills.push(() => this.#vectorPieces(buffer, spec));
    }
    return {
      matrix: (name) => listed(matrices, name),
      vector: (name) => listed(vectors, name),
      optional: (name) => vectors.get(name),
      has: (name) => matrices.has(name) || vectors.has(name),
    };
  }

  /** Ends {@link fill} where it is: it then fails with `aborted`. */
  stop(): void {
    this.#stopped = true;
  }

  /** Reads everything that was reserved. @throws LocalLLMError bad-file, aborted */
  async fill(): Promise<void> {
    try {
      const pieces = this.#fills.splice(0).flatMap((fill) => [...fill()]);
      let ahead: Promise<Uint8Array<ArrayBuffer>> | undefined;
      for (const [at, piece] of pieces.entries()) {
        const bytes = await (ahead ?? this.#read(piece, at));
        const next = pieces[at + 1];
        ahead = next && this.#read(next, at + 1);
        ahead?.catch(() => {}); // reported where it is awaited
        await piece.use(bytes);
        this.#onBytes(bytes.length);
      }
      await this.#gpu.device.queue.onSubmittedWorkDone();
    } finally {
      this.#releaseRaw();
    }
  }

  async #read({ offset, length }: Piece, turn: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#stopped || this.#signal?.aborted) throw new LocalLLMError('aborted', 'Loading was cancelled.');
    const at = turn % this.#memory.length;
    if (this.#memory[at]!.length < length) this.#memory[at] = new Uint8Array(length);
    return this.#source.read(offset, length, this.#memory[at]);
  }

  #vectorPieces(buffer: GPUBuffer, { size, parts }: VectorSpec): Piece[] {
    const values = new Float32Array(size);
    let missing = parts.length;
    return parts.map(({ tensor: name, shape, first, step }) => {
      const tensor = tensorOf(this.#file, name, shape);
      return {
        offset: tensor.offset,
        length: tensor.bytes,
        use: (bytes) => {
          vectorOf(tensor, bytes).forEach((value, i) => (values[first + i * step] = value));
          if (--missing === 0) this.#gpu.device.queue.writeBuffer(buffer, 0, values);
        },
      };
    });
  }

  async #reserveMatrix(name: string, spec: MatrixSpec): Promise<Matrix> {
    const plans = planSegments(name, spec, this.#file, this.#gpu.maxMatrixBytes);
    const segments: MatrixSegment[] = [];
    for (const plan of plans) {
      const layout = weightLayout(plan.type, plan.rows, spec.cols);
      const buffer = await this.#allocation.allocate(`the weights of ${name}`, plan.bytes, GPUBufferUsage.STORAGE);
      const quantBytes = align(layout.quantBytes);
      segments.push({
        ...plan,
        unitsPerRow: layout.unitsPerRow,
        scalesPerRow: layout.scalesPerRow,
        quants: { buffer, offset: 0, size: quantBytes },
        scales:
          layout.scaleBytes > 0
            ? { buffer, offset: quantBytes, size: align(layout.scaleBytes) }
            : { buffer, offset: 0, size: ALIGNMENT }, // float types have none; something must be bound
      });
    }
    return { rows: spec.rows, cols: spec.cols, segments };
  }

  /** The rows of one tensor that belong into one segment. */
  *#pieces(segment: MatrixSegment, spec: MatrixSpec, part: MatrixPart): Generator<Piece> {
    const { firstRow, rowStep } = part;
    const end = segment.firstRow + segment.rows;
    const from = Math.max(0, Math.ceil((segment.firstRow - firstRow) / rowStep));
    const to = Math.min(part.rows, Math.ceil((end - firstRow) / rowStep));
    const tensor = tensorOf(this.#file, part.tensor, [spec.cols, part.tensorRows]);
    const rowBytes = tensor.bytes / part.tensorRows;
    const perChunk = Math.max(1, Math.floor(CHUNK_BYTES / rowBytes));
    for (let row = from; row < to; row += perChunk) {
      const rows = Math.min(perChunk, to - row);
      yield {
        offset: tensor.offset + (part.fromRow + row) * rowBytes,
        length: rows * rowBytes,
        use: async (bytes) => {
          checkFinite(tensor, bytes, part.fromRow + row);
          const target = firstRow + row * rowStep - segment.firstRow;
          const raw = await this.#upload(bytes);
          await this.#repack(segment, spec.cols, raw, { rows, rowBytes, firstRow: target, rowStep });
          this.#inFlight += bytes.length;
          if (this.#inFlight <= IN_FLIGHT_BYTES) return;
          await this.#gpu.device.queue.onSubmittedWorkDone();
          this.#inFlight = 0;
        },
      };
    }
  }

  /** The one raw buffer is reused: the queue keeps writes and dispatches in order. @throws LocalLLMError out-of-memory */
  async #upload(bytes: Uint8Array<ArrayBuffer>): Promise<BufferRange> {
    const size = Math.ceil(bytes.length / 16) * 16;
    if (!this.#raw || this.#raw.size < size) {
      this.#releaseRaw();
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
      this.#raw = await this.#gpu.allocate('the upload of weights', Math.max(size, CHUNK_BYTES), usage);
    }
    const whole = bytes.length & ~3;
    const { queue } = this.#gpu.device;
    queue.writeBuffer(this.#raw, 0, bytes, 0, whole);
    if (whole < bytes.length) {
      const tail = new Uint8Array(4);
      tail.set(bytes.subarray(whole));
      queue.writeBuffer(this.#raw, whole, tail);
    }
    return WHOLE(this.#raw);
  }

  #releaseRaw(): void {
    if (this.#raw) this.#gpu.release(this.#raw);
    this.#raw = undefined;
  }

  async #repack(
    segment: MatrixSegment,
    cols: number,
    raw: BufferRange,
    { rows, rowBytes, firstRow, rowStep }: { rows: number; rowBytes: number; firstRow: number; rowStep: number },
  ): Promise<void> {
    const { kernel, grid } = repackKernel(segment.type);
    const layout = weightLayout(segment.type, segment.rows, cols);
    const temporary = new Allocation(this.#gpu);
    const plan = new PlanBuilder(this.#gpu, temporary);
    plan.dispatch({
      label: 'repack',
      variants: [{ kernel, minRows: 1, grid: () => grid(rows, layout) }],
      rows: () => rows,
      buffers: { raw, quants: segment.quants, scales: segment.scales },
      params: {
        row_count: rows,
        blocks: layout.blocks,
        units_per_row: layout.unitsPerRow,
        scales_per_row: layout.scalesPerRow,
        row_bytes: rowBytes,
        first_row: firstRow,
        row_step: rowStep,
      },
    });
    const built = await plan.build();
    const encoder = Plan.encode(this.#gpu, [built], { tokens: rows, outputs: 0, tiles: 0, parts: 0, pages: 0 });
    this.#gpu.device.queue.submit([encoder.finish()]);
    temporary.release(); // once the work is done
  }
}
