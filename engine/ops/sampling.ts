/**
 * What happens to the logits on the GPU: adjustments, the most likely token, the best candidates.
 *
 * @module
 */
import { adjustLogitsGrid, adjustLogitsKernel } from '../../shaders/sample/adjust-logits.kernel.ts';
import { argmaxGrid, argmaxKernel } from '../../shaders/sample/argmax.kernel.ts';
import { softmaxSumsGrid, softmaxSumsKernel } from '../../shaders/sample/softmax-sums.kernel.ts';
import { CANDIDATES, topKPasses } from '../../shaders/sample/top-k.kernel.ts';
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
