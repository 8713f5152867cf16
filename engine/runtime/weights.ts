/**
 * Streams tensors from the file to the GPU and repacks them there into aligned, still quantized matrices.
 *
 * @module
 */
import { repackKernel } from '../../shaders/repack/repack.kernel.ts';
import { isWeightType, weightLayout, type WeightType } from '../../shaders/matmul/weights.ts';
import type { Hyperparameters, MatrixPart, MatrixSpec, VectorSpec, WeightSpecs } from '../arch/architecture.ts';
import { factorNames } from '../arch/read-rope.ts';
import { dequantize } from '../gguf/dequantize.ts';
import { checkFinite } from '../gguf/finite.ts';
import type { GgufFile, TensorInfo } from '../gguf/parse.ts';
import type { ByteSource } from '../gguf/source.ts';
import { Allocation } from '../gpu/allocation.ts';
import { type Gpu, type BufferRange, WHOLE } from '../gpu/gpu.ts';
import { Plan, PlanBuilder } from '../gpu/plan.ts';
import type { Matrix, MatrixSegment, Weights } from '../ops/context.ts';
import { LocalLLMError, quoted } from '../protocol/errors.ts';

/** Bytes of the file that travel at once; bounds what is held in JavaScript's memory. */
const CHUNK_BYTES = 8 << 20;
/** Uploaded bytes after which the GPU is waited for. */
const IN_FLIGHT_BYTES = 64 << 20;
const ALIGNMENT = 256;

const align = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Rows [firstRow, firstRow + rows) of a matrix, of one type, in one buffer. */
interface SegmentPlan {
  type: WeightType;
  firstRow: number;
  rows: number;
  bytes: number;
}

/** How a matrix is cut: by type, and so that each piece fits one binding. */
export function planSegments(name: string, spec: MatrixSpec, file: GgufFile, maxBytes: number): SegmentPlan[] {
  const typed = spec.parts.map((part) => ({
    ...part,
    type: tensorOf(file, part.tensor, [spec.cols, part.tensorRows]).type,
  }));
  const interleaved = typed.some((part) => part.rowStep > 1);
  const groups: { type: WeightType; firstRow: number; rows: number }[] = [];
  for (const part of typed) {
    if (!isWeightType(part.type)) {
      throw new LocalLLMError(
        'not-supported',
        `Tensor ${part.tensor} is ${part.type}, which this engine does not run.`,
      );
    }
    const last = groups.at(-1);
    if (last?.type === part.type) last.rows += part.rows;
    else groups.push({ type: part.type, firstRow: interleaved ? 0 : part.firstRow, rows: part.rows });
  }
  return groups.flatMap(({ type, firstRow, rows }) => {
    const perRow = weightLayout(type, 1, spec.cols);
    const limit = Math.floor((maxBytes - ALIGNMENT) / (perRow.quantBytes + perRow.scaleBytes) / 2) * 2;
    if (limit < 2)
      throw new LocalLLMError('out-of-memory', `A row of ${name} does not fit one binding of this device.`);
    const segments: SegmentPlan[] = [];
    for (let at = 0; at < rows; at += limit) {
      const count = Math.min(limit, rows - at);
      const { quantBytes, scaleBytes } = weightLayout(type, count, spec.cols);
      segments.push({ type, firstRow: firstRow + at, rows: count, bytes: align(quantBytes) + align(scaleBytes) });
    }
    return segments;
  });
}

/** The tensor of that name and shape. @throws LocalLLMError bad-file */
export function tensorOf(file: GgufFile, name: string, shape: readonly number[]): TensorInfo {
  const tensor = file.tensors.get(name);
  if (!tensor)
    throw new LocalLLMError('bad-file', `The file lacks the tensor ${name}. It is damaged or of an unknown variant.`);
  const given = [...tensor.shape];
  while (given.length > shape.length && given.at(-1) === 1) given.pop();
  if (given.length !== shape.length || given.some((n, i) => n !== shape[i])) {
    throw new LocalLLMError(
      'bad-file',
      `Tensor ${name} has shape [${tensor.shape.join(', ')}], the hyper-parameters ask for [${shape.join(', ')}].`,
    );
  }
  return tensor;
}

/** Refuses a file with tensors that the forward would leave out: its answers would be wrong without a word. */
export function refuseUnusedTensors(file: GgufFile, specs: WeightSpecs, hp: Hyperparameters): void {
  const used = new Set(Object.values(hp.ropes).flatMap((rope) => factorNames(rope.factors)));
  for (const m of specs.matrices.values()) for (const part of m.parts) used.add(part.tensor);
  for (const v of specs.vectors.values()) for (const part of v.parts) used.add(part.tensor);
  const ignored = (name: string) => specs.ignored.some((beginning) => name.startsWith(beginning));
  const unused = [...file.tensors.keys()].filter((name) => !used.has(name) && !ignored(name));
  if (unused.length > 0) {
    const more = unused.length > 1 ? ` and ${unused.length - 1} more` : '';
    throw new LocalLLMError(
      'not-supported',
      `The file has the tensor ${quoted(unused[0]!)}${more}, which this architecture does not use here: this variant is not supported.`,
    );
  }
}

/** A float tensor as f32, on the CPU: norm weights, biases and RoPE factors. */
export async function readVector(
  file: GgufFile,
  source: ByteSource,
  name: string,
  shape: readonly number[],
): Promise<Float32Array<ArrayBuffer>> {
  const tensor = tensorOf(file, name, shape);
  const bytes = await source.read(tensor.offset, tensor.bytes);
  checkFinite(tensor, bytes);
  try {
    return dequantize(tensor.type, bytes);
  } catch (cause) {
    throw new LocalLLMError('not-supported', `Tensor ${name} is ${tensor.type}, which this engine does not run.`, {
      cause,
    });
  }
}

/** What the architecture listed under a key. */
export function listed<K, T>(map: ReadonlyMap<K, T>, key: K): T {
  const found = map.get(key);
  if (found === undefined) throw new Error(`the architecture did not list ${String(key)}`);
  return found;
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
  readonly #fills: (() => Promise<void>)[] = [];
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
      this.#fills.push(async () => {
        for (const part of spec.parts) {
          for (const segment of matrix.segments) await this.#fill(segment, spec, part);
        }
      });
    }
    for (const [name, spec] of specs.vectors) {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
      const buffer = await this.#allocation.allocate(name, spec.size * 4, usage);
      vectors.set(name, buffer);
      this.#fills.push(() => this.#fillVector(buffer, spec));
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
      for (const fill of this.#fills.splice(0)) await fill();
      await this.#gpu.device.queue.onSubmittedWorkDone();
    } finally {
      this.#raw?.destroy();
      this.#raw = undefined;
    }
  }

  async #fillVector(buffer: GPUBuffer, { size, parts }: VectorSpec): Promise<void> {
    const values = new Float32Array(size);
    for (const { tensor, shape, first, step } of parts) {
      const read = await readVector(this.#file, this.#source, tensor, shape);
      read.forEach((value, i) => (values[first + i * step] = value));
    }
    this.#gpu.device.queue.writeBuffer(buffer, 0, values);
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
  async #fill(segment: MatrixSegment, spec: MatrixSpec, part: MatrixPart): Promise<void> {
    const { firstRow, rowStep } = part;
    const end = segment.firstRow + segment.rows;
    const from = Math.max(0, Math.ceil((segment.firstRow - firstRow) / rowStep));
    const to = Math.min(part.rows, Math.ceil((end - firstRow) / rowStep));
    const tensor = tensorOf(this.#file, part.tensor, [spec.cols, part.tensorRows]);
    const rowBytes = tensor.bytes / part.tensorRows;
    const perChunk = Math.max(1, Math.floor(CHUNK_BYTES / rowBytes));
    for (let row = from; row < to; row += perChunk) {
      if (this.#stopped || this.#signal?.aborted) throw new LocalLLMError('aborted', 'Loading was cancelled.');
      const rows = Math.min(perChunk, to - row);
      const bytes = await this.#source.read(tensor.offset + (part.fromRow + row) * rowBytes, rows * rowBytes);
      checkFinite(tensor, bytes, part.fromRow + row);
      const raw = await this.#upload(bytes);
      const target = firstRow + row * rowStep - segment.firstRow;
      await this.#repack(segment, spec.cols, raw, { rows, rowBytes, firstRow: target, rowStep });
      this.#onBytes(bytes.length);
      this.#inFlight += bytes.length;
      if (this.#inFlight > IN_FLIGHT_BYTES) {
        await this.#gpu.device.queue.onSubmittedWorkDone();
        this.#inFlight = 0;
      }
    }
  }

  /** The one raw buffer is reused: the queue keeps writes and dispatches in order. */
  async #upload(bytes: Uint8Array<ArrayBuffer>): Promise<BufferRange> {
    const size = Math.ceil(bytes.length / 16) * 16;
    if (!this.#raw || this.#raw.size < size) {
      this.#raw?.destroy();
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
      this.#raw = this.#gpu.device.createBuffer({ label: 'upload', size: Math.max(size, CHUNK_BYTES), usage });
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
