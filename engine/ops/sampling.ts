/**
 * What happens to the logits on the GPU: biases, the most likely token, the best candidates.
 *
 * @module
 */
import { BIAS_WORDS, biasLogitsGrid, biasLogitsKernel } from '../../shaders/sample/bias-logits.kernel.ts';
import { argmaxPasses } from '../../shaders/sample/argmax.kernel.ts';
import { softmaxSumsPasses } from '../../shaders/sample/softmax-sums.kernel.ts';
import type { ReducePass } from '../../shaders/sample/reduce-passes.ts';
import { type TopKPass, topKPasses } from '../../shaders/sample/top-k.kernel.ts';
import type { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { type Plan, PlanBuilder } from '../gpu/plan.ts';
import { countRows } from './context.ts';

export interface SamplingPlans {
  /** Biases, in place. */
  bias: Plan;
  /** The most likely token of each row. */
  best: Plan;
  /** The best candidates of each row. */
  candidates: Plan;
  /** Softmax sums of each row, over the whole vocabulary. */
  sums: Plan;
}

export interface SamplingBuffers {
  /** A count, then (row, id, bias); 3 words each. */
  biases: GPUBuffer;
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
 * @param maxBiases most biases of one row
 * @throws LocalLLMError out-of-memory, shader
 */
export async function recordSampling(
  gpu: Gpu,
  allocation: Allocation,
  logits: GPUBuffer,
  vocab: number,
  maxOutputs: number,
  maxBiases: number,
): Promise<Sampling> {
  const passes = topKPasses(vocab, gpu.adapter);
  const rows = countRows('outputs');
  const storage = GPUBufferUsage.STORAGE;
  const { COPY_SRC: read, COPY_DST: write } = GPUBufferUsage;
  const candidateBytes = Math.max(...passes.map(({ count }) => count)) * maxOutputs * 8;
  const entries = maxOutputs * maxBiases;
  const buffers: SamplingBuffers = {
    biases: await allocation.allocate('logit biases', (entries + 1) * BIAS_WORDS * 4, storage | write),
    picks: await allocation.allocate('picked tokens', maxOutputs * 16, storage | read),
    inverseTemperatures: await allocation.allocate('temperatures', maxOutputs * 4, storage | write),
    sums: await allocation.allocate('softmax sums', maxOutputs * 16, storage | read),
    candidates: await allocation.allocate('candidates', candidateBytes, storage | read),
    scratch: await allocation.allocate('candidates', candidateBytes, storage | read),
  };
  const bias = new PlanBuilder(gpu, allocation);
  bias.dispatch({
    label: 'bias-logits',
    variants: [{ kernel: biasLogitsKernel(), minRows: 1, grid: () => biasLogitsGrid(entries) }],
    rows,
    buffers: { entries: buffers.biases, logits },
    params: { vocab },
  });
  const best = new PlanBuilder(gpu, allocation);
  recordPasses(best, 'argmax', argmaxPasses(vocab, gpu.adapter), 'picks', {
    target: buffers.picks,
    scratch: buffers.scratch,
    others: { logits },
  });
  const sums = new PlanBuilder(gpu, allocation);
  recordPasses(sums, 'softmax-sums', softmaxSumsPasses(vocab, gpu.adapter), 'sums', {
    target: buffers.sums,
    scratch: buffers.scratch,
    others: { logits, inverse_temperatures: buffers.inverseTemperatures },
  });
  const candidates = new PlanBuilder(gpu, allocation);
  recordPasses(candidates, 'top-k', passes, 'candidates', {
    target: buffers.candidates,
    scratch: buffers.scratch,
    others: { logits },
  });
  const plans = {
    bias: await bias.build(),
    best: await best.build(),
    candidates: await candidates.build(),
    sums: await sums.build(),
  };
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
