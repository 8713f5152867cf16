/**
 * The last thing some models do with their logits.
 *
 * @module
 */
import { capLogitsGrid, capLogitsKernel } from '../../shaders/sample/cap-logits.kernel.ts';
import { type Activation, countRows, type ForwardContext } from './context.ts';

/** logits = cap · tanh(logits · scale / cap), or logits · scale where there is no cap; in place. */
export function capLogits(
  f: ForwardContext,
  logits: Activation,
  { scale = 1, cap = 0 }: { scale?: number; cap?: number },
): void {
  const { width: vocab, buffer } = logits;
  f.plan.dispatch({
    label: 'cap-logits',
    variants: [{ kernel: capLogitsKernel(), minRows: 1, grid: (dims) => capLogitsGrid(vocab, dims.outputs) }],
    rows: countRows('outputs'),
    buffers: { logits: buffer },
    params: { vocab, scale, cap },
    taps: [{ name: 'result_output', buffer, stride: vocab, columns: [0, vocab], rows: 'outputs' }],
  });
}
