/**
 * What happens to the logits on the GPU: adjustments, the most likely token, the best candidates.
 *
 * @module
 */
import { adjustLogitsGrid, adjustLogitsKernel } from '../../shaders/sample/adjust-logits.kernel.ts';
import { argmaxGrid, argmaxKernel } from '../../shaders/sample/argmax.kernel.ts';
import { softmaxSumsGrid, softmaxSumsKernel } from '../../shaders/sample/softmax-sums.kernel.ts';
import { topKPasses } from '../../shaders/sample/top-k.kernel.ts';
import type { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { type Plan, PlanBuilder } from '../gpu/plan.ts';
import { countRows } from './context.ts';

export interface SamplingPlans {
  /** Penalties and bias, in place. */
  adjust: Plan;
  /** The most likely token of each row. */
  best: Plan;
  /** The best candidates of each row and the softmax sums. */
  candidates: Plan;
}

export interface SamplingBuffers {
  /** A count, then (row, id, repetition, subtract); 4 words each. */
  entries: GPUBuffer;
  /** [outputs] of (id, logit, whether any is not finite, 0). */
  picks: GPUBuffer;
  /** [outputs] */
  inverseTemperatures: GPUBuffer;
  /** [outputs] of (max, Σexp, Σexp at temperature, 0). */
  sums: GPUBuffer;
  /** [outputs, CANDIDATES] of (logit, id). */
  candidates: GPUBuffer;
  /** The other buffer of the merging passes. */
  scratch: GPUBuffer;
}

export interface Sampling {
  plans: SamplingPlans;
  buffers: SamplingBuffers;
}

/**
 * Plans that work on `logits` [outputs, vocab].
 * @param maxAdjustments most adjustments of one row
 * @throws LocalLLMError out-of-memory, shader
 */
export async function recordSampling(
  gpu: Gpu,
  allocation: Allocation,
  logits: GPUBuffer,
  vocab: number,
  maxOutputs: number,
  maxAdjustments: number,
): Promise<Sampling> {
  const passes = topKPasses(vocab, gpu.adapter);
  const rows = countRows('outputs');
  const storage = GPUBufferUsage.STORAGE;
  const { COPY_SRC: read, COPY_DST: write } = GPUBufferUsage;
  const candidateBytes = Math.max(...passes.map(({ count }) => count)) * maxOutputs * 8;
  const entries = maxOutputs * maxAdjustments;
  const buffers: SamplingBuffers = {
    entries: await allocation.allocate('penalties', (entries + 1) * 16, storage | write),
    picks: await allocation.allocate('picked tokens', maxOutputs * 16, storage | read),
    inverseTemperatures: await allocation.allocate('temperatures', maxOutputs * 4, storage | write),
    sums: await allocation.allocate('softmax sums', maxOutputs * 16, storage | read),
    candidates: await allocation.allocate('candidates', candidateBytes, storage | read),
    scratch: await allocation.allocate('candidates', candidateBytes, storage | read),
  };
  const adjust = new PlanBuilder(gpu, allocation);
  adjust.dispatch({
    label: 'adjust-logits',
    variants: [{ kernel: adjustLogitsKernel(), minRows: 1, grid: () => adjustLogitsGrid(entries) }],
    rows,
    buffers: { entries: buffers.entries, logits },
    params: { vocab },
  });
  const best = new PlanBuilder(gpu, allocation);
  best.dispatch({
    label: 'argmax',
    variants: [{ kernel: argmaxKernel(), minRows: 1, grid: (dims) => argmaxGrid(dims.outputs) }],
    rows,
    buffers: { logits, picks: buffers.picks },
    params: { vocab },
  });
  const candidates = new PlanBuilder(gpu, allocation);
  candidates.dispatch({
    label: 'softmax-sums',
    variants: [{ kernel: softmaxSumsKernel(), minRows: 1, grid: (dims) => softmaxSumsGrid(dims.outputs) }],
    rows,
    buffers: { logits, inverse_temperatures: buffers.inverseTemperatures, sums: buffers.sums },
    params: { vocab },
  });
  passes.forEach((pass, index) => {
    // The passes alternate between two buffers so that the last writes `candidates`.
    const last = (passes.length - 1 - index) % 2 === 0;
    const [target, source] = last ? [buffers.candidates, buffers.scratch] : [buffers.scratch, buffers.candidates];
    candidates.dispatch({
      label: `top-k-${pass.kind}`,
      variants: [{ kernel: pass.kernel, minRows: 1, grid: (dims) => pass.grid(dims.outputs) }],
      rows,
      buffers: { logits, source, candidates: target },
      params: pass.params,
    });
  });
  const plans = { adjust: await adjust.build(), best: await best.build(), candidates: await candidates.build() };
  return { plans, buffers };
}
