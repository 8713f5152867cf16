import { type Adapter, defineKernel, PORTABLE } from '../kernel.ts';
import fromLogits from '../lib/argmax-logits.wgsl?raw';
import fromPicks from '../lib/argmax-picks.wgsl?raw';
import argmax from './argmax.wgsl?raw';
import { chunkFragment, type ReducePass, reducePasses } from './reduce-passes.ts';

const SOURCES = {
  first: { file: 'shaders/lib/argmax-logits.wgsl', text: fromLogits },
  later: { file: 'shaders/lib/argmax-picks.wgsl', text: fromPicks },
};

/**
 * The most likely token of each row, and whether the row has a value that is not finite, in passes.
 *
 * Bindings: 0 params `{count}`, 1 logits `[R, vocab]` or source (the picks of the pass before),
 * 2 picks `[R, count after the pass]` of (id, logit bits, not finite, 0) (written).
 */
export function argmaxPasses(vocab: number, adapter: Pick<Adapter, 'software'> = PORTABLE): ReducePass[] {
  return reducePasses(vocab, adapter, (kind, shape) =>
    defineKernel(`argmax-f32-${kind}`, [
      chunkFragment(shape),
      SOURCES[kind],
      { file: 'shaders/sample/argmax.wgsl', text: argmax },
    ]),
  );
}
