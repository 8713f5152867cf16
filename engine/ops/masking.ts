/**
 * Which tokens an output row may take: what a grammar leaves of the vocabulary.
 *
 * @module
 */
import { maskLogitsGrid, maskLogitsKernel, maskWords } from '../../shaders/sample/mask-logits.kernel.ts';
import type { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { type Plan, PlanBuilder } from '../gpu/plan.ts';
import { countRows } from './context.ts';

export interface Masking {
  /** [outputs, maskWords(vocab)] */
  masks: GPUBuffer;
  /** Takes from the logits of each row that is marked as masked what its mask leaves out, in place. */
  mask: Plan;
}

/**
 * @param buffers `logits` [outputs, vocab], `rows` as `Drawing` has them
 * @throws LocalLLMError out-of-memory, shader
 */
export async function recordMasking(
  gpu: Gpu,
  allocation: Allocation,
  { logits, rows, vocab, maxOutputs }: { logits: GPUBuffer; rows: GPUBuffer; vocab: number; maxOutputs: number },
): Promise<Masking> {
  const { STORAGE, COPY_DST } = GPUBufferUsage;
  const masks = await allocation.allocate('token masks', maxOutputs * maskWords(vocab) * 4, STORAGE | COPY_DST);
  const mask = new PlanBuilder(gpu, allocation);
  mask.dispatch({
    label: 'mask-logits',
    variants: [{ kernel: maskLogitsKernel(), minRows: 1, grid: (dims) => maskLogitsGrid(vocab, dims.outputs) }],
    rows: countRows('outputs'),
    buffers: { rows, masks, logits },
    params: { vocab },
  });
  return { masks, mask: await mask.build() };
}
