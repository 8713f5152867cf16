/**
 * What happens to the logits on the GPU: adjustments, the most likely token, the best candidates.
 *
 * @module
 */
import { adjustLogitsGrid, adjustLogitsKernel } from '../../shaders/sample/adjust-logits.kernel.ts';
import { argmaxPasses } from '../../shaders/sample/argmax.kernel.ts';
import { softmaxSumsPasses } from '../../shaders/sample/softmax-sums.kernel.ts';
import type { ReducePass } from '../../shaders/sample/reduce-passes.ts';
import { type TopKPass, topKPasses } from '../../shaders/sample/top-k.kernel.ts';
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
  /** The other buffer of what takes several passes. */
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
  recordPasses(best, 'argmax', argmaxPasses(vocab, gpu.adapter), 'picks', {
    target: buffers.picks,
    scratch: buffers.scratch,
    others: { logits },
  });
  const candidates = new PlanBuilder(gpu, allocation);
  recordPasses(candidates, 'softmax-sums', softmaxSumsPasses(vocab, gpu.adapter), 'sums', {
    target: buffers.sums,
    scratch: buffers.scratch,
    others: { logits, inverse_temperatures: buffers.inverseTemperatures },
  });
  recordPasses(candidates, 'top-k', passes, 'candidates', {
    target: buffers.candidates,
    scratch: buffers.scratch,
    others: { logits },
  });
  const plans = { adjust: await adjust.build(), best: await best.build(), candidates: await candidates.build() };
  return { plans, buffers };
}

/** Passes that read, after the first, what the one before wrote. They alternate between two buffers so that the last writes `target`. */
function recordPasses(
  plan: PlanBuilder,
  label: string,
  passes: readonly (ReducePass | TopKPass)[],
  written: string,
  buffers: { target: GPUBuffer; scratch: GPUBuffer; others: Readonly<Record<string, GPUBuffer>> },
): void {
  passes.forEach((pass, index) => {
    const last = (passes.length - 1 - index) % 2 === 0;
    const [target, source] = last ? [buffers.target, buffers.scratch] : [buffers.scratch, buffers.target];
    plan.dispatch({
      label: `${label}-${pass.kind}`,
      variants: [{ kernel: pass.kernel, minRows: 1, grid: (dims) => pass.grid(dims.outputs) }],
      rows: countRows('outputs'),
      buffers: { ...buffers.others, source, [written]: target },
      params: pass.params,
    });
  });
}
