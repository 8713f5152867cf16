/**
 * What an architecture's forward records into: the plan, the weights, the cache and the activations.
 *
 * @module
 */
import type { KvType } from '../../shaders/attention/kv-layout.ts';
import type { WeightType } from '../../shaders/matmul/weights.ts';
import type { Allocation } from '../gpu/allocation.ts';
import type { BufferRange } from '../gpu/gpu.ts';
import type { Dims } from '../gpu/dispatch.ts';
import type { PlanBuilder } from '../gpu/plan.ts';

/** Rows [firstRow, firstRow + rows) of a matrix, small enough for one binding. */
export interface MatrixSegment {
  type: WeightType;
  firstRow: number;
  rows: number;
  unitsPerRow: number;
  scalesPerRow: number;
  quants: BufferRange;
  scales: BufferRange;
}

/** A weight matrix [rows, cols] in its quantized form. */
export interface Matrix {
  rows: number;
  cols: number;
  segments: readonly MatrixSegment[];
  lora?: Lora;
}

/** What LoRA adapters add to a matrix: B · A. */
export interface Lora {
  /** `product`: A · x is added to what the matrix makes of x. `rows`: to the rows that are looked up, the same rows of A. */
  of: 'product' | 'rows';
  /** [ranks of all adapters, cols of the matrix]; of `rows` [rows of the matrix, ranks]. */
  a: Matrix;
  /** B: [rows of the matrix] of factors, of `rows` [cols of the matrix], as `packFactors` writes them. */
  factors: BufferRange;
}

export interface Weights {
  /** @throws Error for a name the architecture did not list */
  matrix(name: string): Matrix;
  has(name: string): boolean;
  /** [size] floats. */
  vector(name: string): GPUBuffer;
  /** A vector that not every file has: a bias. */
  optional(name: string): GPUBuffer | undefined;
}

/** An f32 buffer [rows, width]; rows are the batch's tokens or its outputs. */
export interface Activation {
  buffer: GPUBuffer;
  width: number;
  rows: 'tokens' | 'outputs';
}

export interface LayerCache {
  keys: GPUBuffer;
  values: GPUBuffer;
}

export interface ForwardContext {
  plan: PlanBuilder;
  weights: Weights;
  kvType: KvType;
  /** Keys and values of one of the architecture's attention layers. */
  cache(layer: number): LayerCache;
  /** What one of its recurrent layers keeps: [slots, floats] by the name in the hyper-parameters. */
  state(layer: number, name: string): GPUBuffer;
  /** (cos, sin) pairs [context, rope dim / 2] by the name in the hyper-parameters. */
  ropeTable(name: string): GPUBuffer;
  /** @throws LocalLLMError out-of-memory */
  activation(label: string, width: number, rows?: 'tokens' | 'outputs'): Promise<Activation>;
}

/** Rows that kernels may touch beyond those in use, so that inner loops need no bounds. */
export const ROW_PADDING = 64;

/** Activations of `capacity` rows at most, padded for the tiled kernels. */
export async function allocateActivation(
  allocation: Allocation,
  label: string,
  width: number,
  rows: 'tokens' | 'outputs',
  capacity: number,
): Promise<Activation> {
  const padded = Math.ceil(capacity / ROW_PADDING) * ROW_PADDING;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
  return { buffer: await allocation.allocate(label, padded * width * 4, usage), width, rows };
}

/** Rows that an activation has room for. */
export const capacityOf = ({ buffer, width }: Activation): number => buffer.size / (width * 4);

export const countRows = (rows: 'tokens' | 'outputs') => (dims: Dims) =>
  rows === 'tokens' ? dims.tokens : dims.outputs;
