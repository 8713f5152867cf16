/**
 * A recorded sequence of dispatches: made once at load, encoded again for every forward.
 *
 * @module
 */
import type { Grid, Kernel } from '../../shaders/kernel.ts';
import type { Allocation } from './allocation.ts';
import type { Choice, Dims, Dispatch, Scratch, Tap, Variant } from './dispatch.ts';
import { type Gpu, WHOLE } from './gpu.ts';

/** A {@link Variant} that is ready to run. */
interface Compiled {
  pipeline: GPUComputePipeline;
  name: string;
  grid: (dims: Dims) => Grid;
  minRows: number;
}

interface Step {
  label: string;
  rows: (dims: Dims) => number;
  variants: Compiled[];
  choice: Choice | undefined;
  bytes: (dims: Dims) => number;
  flops: (dims: Dims) => number;
  bindGroup: GPUBindGroup;
  taps: readonly Tap[];
}

/** A step of a forward, ready to be encoded. */
interface Command {
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  grid: Grid;
  taps: readonly Tap[];
}

/** Dispatches between submits where a browser wants small ones. */
const PIECE = 32;

export class Plan {
  readonly #gpu: Gpu;
  readonly #steps: readonly Step[];
  /** Of the last forward. The next token's are mostly the same, and a small model's GPU waits for whoever works them out. */
  #last: { dims: Dims; commands: readonly Command[] } | undefined;

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
      for (const command of plan.#commands(dims)) {
        if (gpu.submitInPieces && pending === PIECE) {
          pass.end();
          gpu.device.queue.submit([encoder.finish()]);
          encoder = gpu.device.createCommandEncoder();
          pass = encoder.beginComputePass();
          pending = 0;
        }
        run(pass, command);
        pending++;
      }
    }
    pass.end();
    return encoder;
  }

  /** One pass for each step, and `onTap` called where a tap's buffer holds its value. */
  encodeWithTaps(dims: Dims, onTap: (tap: Tap, encoder: GPUCommandEncoder) => void): GPUCommandEncoder {
    const encoder = this.#gpu.device.createCommandEncoder();
    for (const command of this.#commands({ ...dims, tapped: true })) {
      const pass = encoder.beginComputePass();
      run(pass, command);
      pass.end();
      for (const tap of command.taps) onTap(tap, encoder);
    }
    return encoder;
  }

  /** One pass for each step that has work, with the descriptor that `passOf` gives for its number. Returns how many there are. */
  encodeApart(encoder: GPUCommandEncoder, dims: Dims, passOf: (index: number) => GPUComputePassDescriptor): number {
    const commands = this.#commands(dims);
    commands.forEach((command, index) => {
      const pass = encoder.beginComputePass(passOf(index));
      run(pass, command);
      pass.end();
    });
    return commands.length;
  }

  /** Of the steps that have work. */
  #commands(dims: Dims): readonly Command[] {
    if (!this.#last || !isSame(this.#last.dims, dims)) {
      const commands = this.#steps
        .filter((step) => step.rows(dims) > 0)
        .map((step) => {
          const { pipeline, grid } = variantFor(step, dims);
          return { pipeline, bindGroup: step.bindGroup, grid: grid(dims), taps: step.taps };
        });
      this.#last = { dims: { ...dims }, commands };
    }
    return this.#last.commands;
  }

  /** What may be chosen, once each, in order of the steps. */
  get choices(): Choice[] {
    const byKey = new Map<string, Choice>();
    for (const { choice } of this.#steps) if (choice && !byKey.has(choice.key)) byKey.set(choice.key, choice);
    return [...byKey.values()];
  }

  /**
   * The steps of one choice alone, those with the first one's kernel, in this shape. What they are bound to is as it is here.
   * @throws LocalLLMError shader
   */
  async only(key: string, shape: string): Promise<Plan> {
    const all = this.#steps.filter(({ choice }) => choice?.key === key);
    const [first] = all;
    if (!first) throw new Error(`This plan leaves no ${key} open.`);
    const alike = all.filter(({ variants }) => variants[0]?.name === first.variants[0]?.name);
    const pipeline = await this.#gpu.compile(first.choice!.variant(shape).kernel);
    return new Plan(
      this.#gpu,
      alike.map((step) => ({ ...step, variants: [compiled(step.choice!.variant(shape), pipeline)] })),
    );
  }

  /** From now on the steps of a choice do one row in this shape. @throws LocalLLMError shader */
  async choose(key: string, shape: string): Promise<void> {
    const steps = this.#steps.filter(({ choice }) => choice?.key === key);
    const chosen = await Promise.all(
      steps.map(async ({ choice }) => {
        const variant = choice!.variant(shape);
        return compiled(variant, await this.#gpu.pipeline(variant.kernel));
      }),
    );
    for (const [index, step] of steps.entries()) step.variants[0] = chosen[index]!;
    this.#last = undefined;
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

function run(pass: GPUComputePassEncoder, { pipeline, bindGroup, grid }: Command): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
}

const FIELDS = Object.keys({
  tokens: true,
  outputs: true,
  tiles: true,
  parts: true,
  pages: true,
  tapped: true,
} satisfies Record<keyof Dims, true>) as (keyof Dims)[];

const isSame = (a: Dims, b: Dims): boolean => FIELDS.every((field) => a[field] === b[field]);

function variantFor(step: Step, dims: Dims): Compiled {
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
      dispatch.variants.map(async (variant) => compiled(variant, await this.gpu.pipeline(variant.kernel))),
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
        const { label, rows, choice, bytes = () => 0, flops = () => 0, taps = [] } = dispatch;
        const bindGroup = this.#bind(dispatch, scratch, params, index * stride);
        return { label, rows, variants: await variants, choice, bytes, flops, bindGroup, taps };
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

const compiled = ({ kernel, grid, minRows }: Variant, pipeline: GPUComputePipeline): Compiled => ({
  pipeline,
  name: kernel.name,
  grid,
  minRows,
});

/** The static parameters of one step as `struct Params` lays them out. */
export function packParams(kernel: Kernel, values: Readonly<Record<string, number>>): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(Math.max(16, Math.ceil(kernel.params.length / 4) * 16)));
  kernel.params.forEach((field, at) => {
    const value = values[field.name];
    if (value === undefined) throw new Error(`${kernel.name}: parameter ${field.name} is missing`);
    if (field.type === 'f32') view.setFloat32(at * 4, value, true);
    else view.setUint32(at * 4, value, true);
  });
  return view.buffer;
}
