/**
 * Where the time of a decode step and of a prefill chunk goes.
 *
 * @module
 */
import type { TimedStep } from '../gpu/profiler.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { Sequence } from './kv-cache.ts';
import type { LoadedModel } from './load-model.ts';

export interface ProfileOptions {
  /** Tokens of the sequence before the profiled ones. */
  past: number;
  /** Tokens of the profiled forward: 1 for a decode step. */
  tokens: number;
  runs: number;
}

/** GPU times of the dispatches of one forward. @throws LocalLLMError bad-argument, not-supported, quota */
export async function profileForward(model: LoadedModel, { past, tokens, runs }: ProfileOptions): Promise<TimedStep[]> {
  if (tokens > model.limits.tokens) {
    throw new LocalLLMError('bad-argument', `A forward takes at most ${model.limits.tokens} tokens, not ${tokens}.`);
  }
  const sequence = new Sequence(Array.from({ length: past + tokens }, (_, i) => (i * 7919) % model.hp.vocab));
  if (past + tokens > model.contextTokens || !model.pool.reserve(sequence, past + tokens)) {
    throw new LocalLLMError('quota', `${past + tokens} tokens do not fit the context of ${model.contextTokens}.`);
  }
  try {
    // What the cache holds is of no matter for the time.
    sequence.cached = past;
    model.batch.set([{ sequence, first: past, count: tokens, outputs: 1 }]);
    return await model.forward.profile(model.batch, runs);
  } finally {
    sequence.drop(model.pool);
  }
}
