/**
 * How far the engine's predictions are from llama.cpp's.
 *
 * @module
 */
import { expect } from 'vitest';
import { evaluate } from '../../engine/runtime/evaluate.ts';
import type { LoadedModel } from '../../engine/runtime/load-model.ts';
import type { Prediction, Reference } from './reference.ts';

/** Log-probabilities compared: llama.cpp's most likely ones. */
export const TOP = 20;

/** Ids spread over the vocabulary, the same each time. */
export const spread = (count: number, vocab: number) =>
  Array.from({ length: count }, (_, i) => (i * 7919 + 13) % vocab);

export interface Distance {
  /** The largest difference of a log-probability among llama.cpp's {@link TOP}. */
  worst: number;
  /** Kullback–Leibler divergence of our distribution from llama.cpp's, over the whole vocabulary, in nats. */
  divergence: number;
}

/** The distance of the predictions at the last of `ids`. */
export async function distance(model: LoadedModel, reference: Reference, ids: readonly number[]): Promise<Distance> {
  const theirs = logSoftmax(await reference.logits(ids));
  await evaluate(model, ids, { top: 1, greedy: 0 });
  const ours = logSoftmax(await model.forward.readLogits(0));
  const order = Array.from(theirs.keys()).sort((a, b) => theirs[b]! - theirs[a]!);
  const worst = Math.max(...order.slice(0, TOP).map((id) => Math.abs(ours[id]! - theirs[id]!)));
  const divergence = theirs.reduce((sum, logprob, id) => sum + Math.exp(logprob) * (logprob - ours[id]!), 0);
  return { worst, divergence: Math.max(0, divergence) };
}

function logSoftmax(logits: Float32Array): Float64Array {
  const max = logits.reduce((a, b) => Math.max(a, b));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - max), 0);
  return Float64Array.from(logits, (logit) => logit - max - Math.log(sum));
}

/**
 * Fails where a greedy token is another one although llama.cpp was sure of its own by more than `tolerance`; after one where it was
 * not, goes on from llama.cpp's.
 */
export async function expectSameGreedy(
  model: LoadedModel,
  ids: readonly number[],
  theirs: Prediction['greedy'],
  tolerance: number,
): Promise<void> {
  const tokens = theirs.map((t) => t.id);
  for (let from = 0; from < tokens.length; from++) {
    const prompt = [...ids, ...tokens.slice(0, from)];
    const ours = await evaluate(model, prompt, { top: 1, greedy: tokens.length - from });
    expect(ours.greedy.length).toBe(tokens.length - from);
    const differs = ours.greedy.findIndex((t, i) => t.id !== tokens[from + i]);
    if (differs < 0) return;
    from += differs;
    expect(theirs[from]!.margin, `greedy token ${from} differs`).toBeLessThan(tolerance);
  }
}
