/**
 * What a plan is made of: dispatches, and what their sizes depend on.
 *
 * @module
 */
import type { Grid, Kernel } from '../../shaders/kernel.ts';
import type { BufferRange } from './gpu.ts';

/** What rows and grids depend on, and nothing else: forwards of the same dims are encoded alike. */
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

/** One row of one sequence. */
export const ONE_ROW: Dims = { tokens: 1, outputs: 1, tiles: 1, parts: 1, pages: 1 };

/** One of several kernels for the same work; which one runs depends on the number of rows. */
export interface Variant {
  kernel: Kernel;
  grid: (dims: Dims) => Grid;
  /** The fewest rows from which this variant is the best. */
  minRows: number;
}

/** Shapes in which a dispatch can do the work of one row, all with the same bindings: which one is the best is for a measurement to tell. */
export interface Choice {
  /** The same for all dispatches of which the same shape is the best. */
  key: string;
  /** Names; the first is recorded where nothing was measured. */
  shapes: readonly string[];
  variant(shape: string): Variant;
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
  /** Others that the first variant may be exchanged for. */
  choice?: Choice;
  /** A buffer for each storage binding, by its WGSL name. */
  buffers: Readonly<Record<string, GPUBuffer | BufferRange | Scratch>>;
  params: Readonly<Record<string, number>>;
  /** Bytes that the work must move at least, each once; for the profiler. */
  bytes?: (dims: Dims) => number;
  /** Multiplications and additions; for the profiler. */
  flops?: (dims: Dims) => number;
  taps?: readonly Tap[];
}
