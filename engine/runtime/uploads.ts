/**
 * Weights on their way to the GPU: what was read goes into memory that the GPU copies from, a few pieces at once, and from there to the
 * kernels that repack it. Neither side waits for the other while pieces are under way.
 *
 * @module
 */
import type { Kernel } from '../../shaders/kernel.ts';
import { repackKernel } from '../../shaders/repack/repack.kernel.ts';
import { weightLayout } from '../../shaders/matmul/weights.ts';
import { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { packParams } from '../gpu/plan.ts';
import type { MatrixSegment } from '../ops/context.ts';
import { LocalLLMError } from '../protocol/errors.ts';

/** Bytes of the file that travel at once. */
export const PIECE_BYTES = 2 << 20;
/** Pieces that are under way at once. */
export const PIECES = 3;
/** In front of a piece: the parameters of the kernel that repacks it. A multiple of what bindings are aligned to. */
const HEAD_BYTES = 256;
const PIECE_ROOM = PIECE_BYTES - HEAD_BYTES;
/** On the GPU while weights are read: the pieces, and the one that is being repacked. */
export const UPLOAD_BYTES = (PIECES + 1) * PIECE_BYTES;

/** Rows of a tensor of the file, and where they go in a segment. */
export interface RowsToRepack {
  segment: MatrixSegment;
  cols: number;
  rows: number;
  rowBytes: number;
  firstRow: number;
  rowStep: number;
}

/** How many rows of a tensor travel at once. */
export const rowsPerPiece = (rowBytes: number): number => Math.max(1, Math.floor(PIECE_ROOM / rowBytes));

interface Slot {
  buffer: GPUBuffer;
  /** Resolves when the GPU has copied what the buffer held. */
  mapped: Promise<void>;
  /** What is mapped of the buffer. */
  memory: ArrayBuffer;
}

export class Uploads {
  readonly #gpu: Gpu;
  readonly #allocation: Allocation;
  readonly #slots: readonly Slot[];
  /** Parameters, then rows as they are in the file: the queue keeps copies and dispatches in order, so one is enough. */
  readonly #raw: GPUBuffer;
  readonly #bindGroups = new Map<MatrixSegment, GPUBindGroup>();
  #turn = 0;

  private constructor(gpu: Gpu, allocation: Allocation, raw: GPUBuffer, staging: readonly GPUBuffer[]) {
    this.#gpu = gpu;
    this.#allocation = allocation;
    this.#raw = raw;
    this.#slots = staging.map((buffer) => ({ buffer, mapped: map(buffer), memory: new ArrayBuffer(0) }));
  }

  /** @param rowBytes of the longest row: it travels in one piece. @throws LocalLLMError out-of-memory */
  static async open(gpu: Gpu, rowBytes: number): Promise<Uploads> {
    const bytes = HEAD_BYTES + Math.max(PIECE_ROOM, Math.ceil(rowBytes / 4) * 4);
    const { STORAGE, UNIFORM, COPY_DST, COPY_SRC, MAP_WRITE } = GPUBufferUsage;
    const allocation = new Allocation(gpu);
    const label = 'the upload of weights';
    const staging = { label, bytes, usage: MAP_WRITE | COPY_SRC };
    try {
      const [raw, ...others] = await allocation.allocateAll([
        { label, bytes, usage: STORAGE | UNIFORM | COPY_DST },
        ...Array.from({ length: PIECES }, () => staging),
      ]);
      return new Uploads(gpu, allocation, raw!, others);
    } catch (error) {
      allocation.release();
      throw error;
    }
  }

  /** Memory for the rows of the next piece, until {@link repack} takes them. @throws LocalLLMError device-lost */
  async room(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const slot = this.#slot;
    await slot.mapped;
    slot.memory = slot.buffer.getMappedRange(0, HEAD_BYTES + Math.ceil(length / 4) * 4);
    return new Uint8Array(slot.memory, HEAD_BYTES, length);
  }

  /** What lies in {@link room} becomes rows of a matrix. @throws LocalLLMError shader */
  async repack(to: RowsToRepack): Promise<void> {
    const { kernel, grid } = repackKernel(to.segment.type);
    const layout = weightLayout(to.segment.type, to.segment.rows, to.cols);
    const pipeline = await this.#gpu.pipeline(kernel);
    const slot = this.#slot;
    const params = packParams(kernel, {
      row_count: to.rows,
      blocks: layout.blocks,
      units_per_row: layout.unitsPerRow,
      scales_per_row: layout.scalesPerRow,
      row_bytes: to.rowBytes,
      first_row: to.firstRow,
      row_step: to.rowStep,
    });
    new Uint8Array(slot.memory).set(new Uint8Array(params));
    const size = slot.memory.byteLength;
    slot.buffer.unmap();
    const encoder = this.#gpu.device.createCommandEncoder();
    encoder.copyBufferToBuffer(slot.buffer, 0, this.#raw, 0, size);
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, this.#bindGroup(kernel, to.segment));
    pass.dispatchWorkgroups(...grid(to.rows, layout));
    pass.end();
    this.#gpu.device.queue.submit([encoder.finish()]);
    slot.mapped = map(slot.buffer);
    this.#turn++;
  }

  /** Frees its memory once the work that needs it is done. */
  release(): void {
    this.#allocation.release();
  }

  get #slot(): Slot {
    return this.#slots[this.#turn % PIECES]!;
  }

  #bindGroup(kernel: Kernel, segment: MatrixSegment): GPUBindGroup {
    const made = this.#bindGroups.get(segment);
    if (made) return made;
    const raw = { buffer: this.#raw, offset: HEAD_BYTES };
    const buffers: Record<string, GPUBufferBinding> = {
      params: { buffer: this.#raw, size: HEAD_BYTES },
      raw,
      quants: segment.quants,
      scales: segment.scales,
    };
    const entries = kernel.bindings.map(({ name }, binding) => ({ binding, resource: buffers[name]! }));
    const group = this.#gpu.device.createBindGroup({ label: 'repack', layout: this.#gpu.layout(kernel), entries });
    this.#bindGroups.set(segment, group);
    return group;
  }
}

function map(buffer: GPUBuffer): Promise<void> {
  const mapped = buffer.mapAsync(GPUMapMode.WRITE).catch((cause: unknown) => {
    const message = 'The GPU was lost while weights were uploaded. Load the model again.';
    throw new LocalLLMError('device-lost', message, { cause });
  });
  mapped.catch(() => {}); // reported where it is awaited
  return mapped;
}
