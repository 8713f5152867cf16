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
import type { Allocation, BufferWish } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Matrix, MatrixSegment, Weights } from '../ops/context.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { align, ALIGNMENT, listed, planSegments, tensorOf, vectorOf } from './tensors.ts';
import { PIECE_BYTES, PIECES, type RowsToRepack, rowsPerPiece, Uploads } from './uploads.ts';

/** Held in JavaScript's memory while weights are read: pieces of the file, and those that the GPU copies from. */
export const LOAD_BYTES = 2 * PIECES * PIECE_BYTES;

/** Bytes of the file, and what becomes of them. */
interface Piece {
  offset: number;
  length: number;
  /** Checks them, or takes what they hold. @throws LocalLLMError bad-file, not-supported */
  use(bytes: Uint8Array<ArrayBuffer>): void;
  /** Where they go on the GPU, of a matrix. */
  rows?: RowsToRepack;
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
  readonly #memory = Array.from({ length: PIECES }, () => new Uint8Array(0));
  #longestRow = 0;
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
    const plans = [...specs.matrices].map(([name, spec]) => ({ name, spec, segments: this.#planMatrix(name, spec) }));
    const buffers = await this.#allocation.allocateAll([
      ...plans.flatMap(({ segments }) => segments.map(({ wish }) => wish)),
      ...[...specs.vectors].map(([label, { size }]) => {
        return { label, bytes: size * 4, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST };
      }),
    ]);
    const [matrices, vectors] = [new Map<string, Matrix>(), new Map<string, GPUBuffer>()];
    for (const { name, spec, segments: planned } of plans) {
      const segments = planned.map(({ at }) => at(buffers.shift()!));
      matrices.set(name, { rows: spec.rows, cols: spec.cols, segments });
      this.#fills.push(() =>
        spec.parts.flatMap((part) => segments.flatMap((segment) => [...this.#pieces(segment, spec, part)])),
      );
    }
    for (const [name, spec] of specs.vectors) {
      const buffer = buffers.shift()!;
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

  /** Reads everything that was reserved, in the order of the file. @throws LocalLLMError bad-file, aborted, device-lost */
  async fill(): Promise<void> {
    const pieces = this.#fills.splice(0).flatMap((fill) => [...fill()]);
    pieces.sort((a, b) => a.offset - b.offset);
    const uploads = await Uploads.open(this.#gpu, this.#longestRow);
    /** Under way, a few pieces ahead; a source that reads at once reads where its bytes are wanted instead. */
    const reads: Promise<Uint8Array<ArrayBuffer>>[] = [];
    const readAhead = (at: number): void => {
      const piece = pieces[at];
      if (!piece || this.#source.immediate) return;
      const turn = at % PIECES;
      if (this.#memory[turn]!.length < piece.length) this.#memory[turn] = new Uint8Array(piece.length);
      reads[turn] = this.#read(piece, this.#memory[turn]);
      reads[turn].catch(() => {}); // reported where it is awaited
    };
    try {
      for (let at = 0; at < PIECES; at++) readAhead(at);
      for (const [at, piece] of pieces.entries()) {
        const read = await reads[at % PIECES];
        const room = piece.rows && (await uploads.room(piece.length));
        const bytes = read ?? (await this.#read(piece, room));
        piece.use(bytes);
        if (room && bytes.buffer !== room.buffer) room.set(bytes);
        readAhead(at + PIECES);
        if (piece.rows) await uploads.repack(piece.rows);
        this.#onBytes(bytes.length);
      }
      await this.#gpu.device.queue.onSubmittedWorkDone();
    } finally {
      await Promise.allSettled(reads); // into memory that is about to go
      uploads.release();
    }
  }

  async #read({ offset, length }: Piece, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#stopped || this.#signal?.aborted) throw new LocalLLMError('aborted', 'Loading was cancelled.');
    return this.#source.read(offset, length, into);
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

  /** The segments of a matrix: the buffer that each wants, and what it is in that buffer. */
  #planMatrix(name: string, spec: MatrixSpec): { wish: BufferWish; at: (buffer: GPUBuffer) => MatrixSegment }[] {
    return planSegments(name, spec, this.#file, this.#gpu.maxMatrixBytes).map((plan) => {
      this.#gpu.pipeline(repackKernel(plan.type).kernel).catch(() => {}); // reported where it is used
      const { unitsPerRow, scalesPerRow, quantBytes, scaleBytes } = weightLayout(plan.type, plan.rows, spec.cols);
      const size = align(quantBytes);
      return {
        wish: { label: `the weights of ${name}`, bytes: plan.bytes, usage: GPUBufferUsage.STORAGE },
        at: (buffer) => ({
          ...plan,
          unitsPerRow,
          scalesPerRow,
          quants: { buffer, offset: 0, size },
          scales:
            scaleBytes > 0 ? { buffer, offset: size, size: align(scaleBytes) } : { buffer, offset: 0, size: ALIGNMENT }, // float types have none; something must be bound
        }),
      };
    });
  }

  /** The rows of one tensor that belong into one segment. */
  *#pieces(segment: MatrixSegment, spec: MatrixSpec, part: MatrixPart): Generator<Piece> {
    const { firstRow, rowStep } = part;
    const end = segment.firstRow + segment.rows;
    const from = Math.max(0, Math.ceil((segment.firstRow - firstRow) / rowStep));
    const to = Math.min(part.rows, Math.ceil((end - firstRow) / rowStep));
    const tensor = tensorOf(this.#file, part.tensor, [spec.cols, part.tensorRows]);
    const rowBytes = tensor.bytes / part.tensorRows;
    this.#longestRow = Math.max(this.#longestRow, rowBytes);
    const perPiece = rowsPerPiece(rowBytes);
    for (let row = from; row < to; row += perPiece) {
      const rows = Math.min(perPiece, to - row);
      yield {
        offset: tensor.offset + (part.fromRow + row) * rowBytes,
        length: rows * rowBytes,
        use: (bytes) => checkFinite(tensor, bytes, part.fromRow + row),
        rows: {
          segment,
          cols: spec.cols,
          rows,
          rowBytes,
          firstRow: firstRow + row * rowStep - segment.firstRow,
          rowStep,
        },
      };
    }
  }
}
