/**
 * What follows the logits' candidates on the GPU: penalties, the draw, and the batch of the next decode step.
 *
 * @module
 */
import { advanceGrid, advanceKernel } from '../../shaders/sample/advance.kernel.ts';
import { drawGrid, drawKernel } from '../../shaders/sample/draw.kernel.ts';
import { penalizeGrid, penalizeKernel } from '../../shaders/sample/penalize.kernel.ts';
import { ROW_WORDS } from '../../shaders/sample/sampling-rows.ts';
import type { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { type Plan, PlanBuilder } from '../gpu/plan.ts';
import { countRows } from './context.ts';
import type { SamplingBuffers } from './sampling.ts';

/** More ends of generation than any vocabulary has. */
export const MAX_STOPS = 255;

export interface Drawing {
  /** How each output row is drawn: [outputs] of `shaders/sample/sampling-rows.ts`. */
  rows: GPUBuffer;
  /** Penalties for each row's last tokens, in place. */
  penalize: Plan;
  /** The token of every row that is drawn at a temperature. */
  draw: Plan;
  /** A count, then ids that end an answer, at most {@link MAX_STOPS}. */
  stops: GPUBuffer;
  /** The batch of the next step, where every sequence has one token and wants its output. */
  advance: Plan;
}

/** @throws LocalLLMError out-of-memory, shader */
export async function recordDrawing(
  gpu: Gpu,
  allocation: Allocation,
  {
    logits,
    batch,
    vocab,
    maxOutputs,
  }: {
    logits: GPUBuffer;
    batch: GPUBuffer;
    vocab: number;
    maxOutputs: number;
  },
  { picks, candidates }: SamplingBuffers,
): Promise<Drawing> {
  const { STORAGE, COPY_DST } = GPUBufferUsage;
  const rows = await allocation.allocate('sampling', maxOutputs * ROW_WORDS * 4, STORAGE | COPY_DST);
  const stops = await allocation.allocate('stop tokens', (MAX_STOPS + 1) * 4, STORAGE | COPY_DST);
  const outputs = countRows('outputs');
  const penalize = new PlanBuilder(gpu, allocation);
  penalize.dispatch({
    label: 'penalize',
    variants: [{ kernel: penalizeKernel(), minRows: 1, grid: (dims) => penalizeGrid(dims.outputs) }],
    rows: outputs,
    buffers: { rows, logits },
    params: { vocab },
  });
  const draw = new PlanBuilder(gpu, allocation, batch);
  draw.dispatch({
    label: 'draw',
    variants: [{ kernel: drawKernel(), minRows: 1, grid: (dims) => drawGrid(dims.outputs) }],
    rows: outputs,
    buffers: { rows, candidates, picks },
    params: {},
  });
  const advance = new PlanBuilder(gpu, allocation, batch);
  advance.dispatch({
    label: 'advance',
    variants: [{ kernel: advanceKernel(), minRows: 1, grid: (dims) => advanceGrid(dims.outputs) }],
    rows: outputs,
    buffers: { rows, picks, stops },
    params: {},
  });
  return { rows, stops, penalize: await penalize.build(), draw: await draw.build(), advance: await advance.build() };
}
