/**
 * A recorded sequence of dispatches: made once at load, encoded again for every forward.
 *
 * @module
 */
import { type Grid, type Kernel } from '../../shaders/kernel.ts';
import type { Allocation } from './allocation.ts';
import { type BufferRange, type Gpu, WHOLE } from './gpu.ts';

/** What grids depend on, different in every forward. */
export interface Dims {
  /** Rows of the batch: T. */
  tokens: number;
  /** Rows whose logits are wanted: R. */
  outputs: number;
  /** Tiles of consecutive tokens that attention works on. */
  tiles: number;
  /** Sequences of which the batch has tokens. */
  parts: number;
  /** Pages that any of these sequences may use while the batch runs. */
  pages: number;
  /** Every value that has a tap is wanted, also those that faster ways leave out. */
  tapped?: true;
}

/** One of several kernels for the same work; which one runs depends on the number of rows. */
export interface Variant {
  kernel: Kernel;
  grid: (dims: Dims) => Grid;
  /** The fewest rows from which this variant is the best. */
  minRows: number;
}

/** A value inside the forward that tests and `localllm dump` may read after the step that completes it. */
export interface Tap {
  name: string;
  buffer: GPUBuffer;
  /** Floats per row, and which of them: [first, count]. */
  stride: number;
  columns: readonly [first: number, count: number];
  rows: 'tokens' | 'outputs';
}

interface Step {
  label: string;
  rows: (dims: Dims) => number;
  variants: { pipeline: GPUComputePipeline; name: string; grid: (dims: Dims) => Grid; minRows: number }[];
  bytes: (dims: Dims) => number;
  flops: (dims: Dims) => number;
  bindGroup: GPUBindGroup;
  taps: readonly Tap[];
}

/** Dispatches between submits where a browser wants small ones. */
const PIECE = 32;

export class Plan {
  readonly #gpu: Gpu;
  readonly #steps: readonly Step[];

  constructor(gpu: Gpu, steps: readonly Step[]) {
    this.#gpu = gpu;
    this.#steps = steps;
  }

  /**
   * Encodes the steps of several plans, one after another, as one pass. Returns the encoder that holds them; where a
   * browser wants small submits, only the last of them, and the rest has been submitted.
   */
  static encode(gpu: Gpu, plans: readonly Plan[], dims: Dims): GPUCommandEncoder {
    let encoder = gpu.device.createCommandEncoder();
    let pass = encoder.beginComputePass();
    let pending = 0;
    for (const plan of plans) {
      for (const step of plan.#steps) {
        if (gpu.submitInPieces && pending === PIECE) {
          pass.end();
          gpu.device.queue.submit([encoder.finish()]);
          encoder = gpu.device.createCommandEncoder();
          pass = encoder.beginComputePass();
          pending = 0;
        }
        run(pass, step, dims);
        pending++;
      }
    }
    pass.end();
    return encoder;
  }

  /** One pass for each step, and `onTap` called where a tap's buffer holds its value. */
  encodeWithTaps(dims: Dims, onTap: (tap: Tap, encoder: GPUCommandEncoder) => void): GPUCommandEncoder {
    const encoder = this.#gpu.device.createCommandEncoder();
    for (const step of this.#steps) {
      const pass = encoder.beginComputePass();
      run(pass, step, { ...dims, tapped: true });
      pass.end();
      for (const tap of step.taps) onTap(tap, encoder);
    }
    return encoder;
  }

  /** One pass for each step that has work, with the descriptor that `passOf` gives for its number. Returns how many there are. */
  encodeApart(encoder: GPUCommandEncoder, dims: Dims, passOf: (index: number) => GPUComputePassDescriptor): number {
    const steps = this.#steps.filter((step) => step.rows(dims) > 0);
    steps.forEach((step, index) => {
      const pass = encoder.beginComputePass(passOf(index));
      run(pass, step, dims);
      pass.end();
    });
    return steps.length;
  }

  /** What the steps that have work are, in order. */
  describe(dims: Dims): StepDescription[] {
    return this.#steps
      .filter((step) => step.rows(dims) > 0)
      .map((step) => ({
        label: step.label,
        kernel: variantFor(step, dims).name,
        bytes: step.bytes(dims),
        flops: step.flops(dims),
      }));
  }
}

function run(pass: GPUComputePassEncoder, step: Step, dims: Dims): void {
  const rows = step.rows(dims);
  if (rows === 0) return;
  const chosen = variantFor(step, dims);
  const [x, y, z] = chosen.grid(dims);
  pass.setPipeline(chosen.pipeline);
  pass.setBindGroup(0, step.bindGroup);
  pass.dispatchWorkgroups(x, y, z);
}

function variantFor(step: Step, dims: Dims): Step['variants'][number] {
  const rows = step.rows(dims);
  let chosen = step.variants[0]!;
  for (const variant of step.variants) if (variant.minRows <= rows) chosen = variant;
  return chosen;
}

export interface StepDescription {
  label: string;
  kernel: string;
  /** Bytes that it must move, 0 where nobody counted them. */
  bytes: number;
  /** Multiplications and additions, 0 where nobody counted them. */
  flops: number;
}

/** A buffer that dispatches share: what it holds is of no use beyond the next that takes it for something else. */
export interface Scratch {
  scratch: string;
}

/** One dispatch to record. */
export interface Dispatch {
  label: string;
  /** Ascending by `minRows`; all have the same bindings. */
  variants: readonly Variant[];
  /** The number that chooses the variant; a step of no rows is left out. */
  rows: (dims: Dims) => number;
  /** A buffer for each storage binding, by its WGSL name. */
  buffers: Readonly<Record<string, GPUBuffer | BufferRange | Scratch>>;
  params: Readonly<Record<string, number>>;
  /** Bytes that the work must move at least, each once; for the profiler. */
  bytes?: (dims: Dims) => number;
  /** Multiplications and additions; for the profiler. */
  flops?: (dims: Dims) => number;
  taps?: readonly Tap[];
}

interface Recorded {
  dispatch: Dispatch;
  variants: Promise<Step['variants']>;
}

/** Records dispatches in order; `build` compiles all pipelines at once. */
export class PlanBuilder {
  readonly gpu: Gpu;
  readonly #allocation: Allocation;
  /** The batch of the forward (`shaders/lib/batch.wgsl`), bound wherever a kernel asks for `batch`. */
  readonly #batch: GPUBuffer | undefined;
  readonly #recorded: Recorded[] = [];
  /** Bytes of each scratch buffer. */
  readonly #scratch = new Map<string, number>();

  constructor(gpu: Gpu, allocation: Allocation, batch?: GPUBuffer) {
    this.gpu = gpu;
    this.#allocation = allocation;
    this.#batch = batch;
  }

  dispatch(dispatch: Dispatch): void {
    const variants = Promise.all(
      dispatch.variants.map(async ({ kernel, grid, minRows }) => ({
        pipeline: await this.gpu.pipeline(kernel),
        name: kernel.name,
        grid,
        minRows,
      })),
    );
    variants.catch(() => {}); // reported by build()
    this.#recorded.push({ dispatch, variants });
  }

  /** The plan's one buffer of this name, as large as the largest wish. */
  scratch(name: string, bytes: number): Scratch {
    this.#scratch.set(name, Math.max(bytes, this.#scratch.get(name) ?? 0));
    return { scratch: name };
  }

  /** @throws LocalLLMError shader, out-of-memory */
  async build(): Promise<Plan> {
    const stride = this.gpu.limits.minUniformBufferOffsetAlignment;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const params = await this.#allocation.allocate('parameters', this.#recorded.length * stride, usage);
    const scratch = new Map<string, GPUBuffer>();
    for (const [name, bytes] of this.#scratch) {
      scratch.set(name, await this.#allocation.allocate(name, bytes, GPUBufferUsage.STORAGE));
    }
    const steps = await Promise.all(
      this.#recorded.map(async ({ dispatch, variants }, index): Promise<Step> => {
        const { label, rows, bytes = () => 0, flops = () => 0, taps = [] } = dispatch;
        const bindGroup = this.#bind(dispatch, scratch, params, index * stride);
        return { label, rows, variants: await variants, bytes, flops, bindGroup, taps };
      }),
    );
    return new Plan(this.gpu, steps);
  }

  #bind(dispatch: Dispatch, scratch: ReadonlyMap<string, GPUBuffer>, params: GPUBuffer, offset: number): GPUBindGroup {
    const { kernel } = dispatch.variants[0]!;
    const entries = kernel.bindings.map((binding, index): GPUBindGroupEntry => {
      if (binding.type === 'uniform') {
        const data = packParams(kernel, dispatch.params);
        this.gpu.device.queue.writeBuffer(params, offset, data);
        return { binding: index, resource: { buffer: params, offset, size: data.byteLength } };
      }
      const named = dispatch.buffers[binding.name] ?? (binding.name === 'batch' ? this.#batch : undefined);
      const given = named && 'scratch' in named ? scratch.get(named.scratch) : named;
      if (!given) throw new Error(`${dispatch.label}: no buffer for ${binding.name}`);
      return { binding: index, resource: 'buffer' in given ? given : WHOLE(given) };
    });
    return this.gpu.device.createBindGroup({ label: dispatch.label, layout: this.gpu.layout(kernel), entries });
  }
}

/** The static parameters of one step as `struct Params` lays them out. */
function packParams(kernel: Kernel, values: Readonly<Record<string, number>>): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(Math.max(16, Math.ceil(kernel.params.length / 4) * 16)));
  kernel.params.forEach((field, at) => {
    const value = values[field.name];
    if (value === undefined) throw new Error(`${kernel.name}: parameter ${field.name} is missing`);
    if (field.type === 'f32') view.setFloat32(at * 4, value, true);
    else view.setUint32(at * 4, value, true);
  });
  return view.buffer;
}
