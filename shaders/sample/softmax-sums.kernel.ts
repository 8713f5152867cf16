import { type Adapter, defineKernel, PORTABLE } from '../kernel.ts';
import fromLogits from '../lib/softmax-logits.wgsl?raw';
import fromSums from '../lib/softmax-merge.wgsl?raw';
import { chunkFragment, type ReducePass, reducePasses } from './reduce-passes.ts';
import softmaxSums from './softmax-sums.wgsl?raw';

const SOURCES = {
  first: { file: 'shaders/lib/softmax-logits.wgsl', text: fromLogits },
  later: { file: 'shaders/lib/softmax-merge.wgsl', text: fromSums },
};

/**
 * `(max, Σexp(l − max), Σexp((l − max) · inverse temperature), 0)` of each row of logits, in passes.
 *
 * Bindings: 0 params `{count}`, 1 logits `[R, vocab]` or source (the sums of the pass before), 2 inverse temperatures `[R]`,
 * 3 sums `[R, count after the pass]` (written).
 */
export function softmaxSumsPasses(vocab: number, adapter: Pick<Adapter, 'software'> = PORTABLE): ReducePass[] {
  return reducePasses(vocab, adapter, (kind, shape) =>
    defineKernel(`softmax-sums-f32-${kind}`, [
      chunkFragment(shape),
      SOURCES[kind],
      { file: 'shaders/sample/softmax-sums.wgsl', text: softmaxSums },
    ]),
  );
}
