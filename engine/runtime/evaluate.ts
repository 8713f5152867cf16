/**
 * Runs token ids directly, without requests or scheduling: what `localllm logprobs`, `dump` and the fidelity tests use.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { TokenLogprob } from '../protocol/messages.ts';
import { CANDIDATES } from '../../shaders/sample/top-k.kernel.ts';
import type { TapValue } from './forward.ts';
import { tokenLogprob } from './job.ts';
import { Sequence } from './kv-cache.ts';
import type { LoadedModel } from './load-model.ts';
import type { OutputRow } from './results.ts';
import { GREEDY, type OutputRequest } from './sampling-inputs.ts';

const CANDIDATE_REQUEST: OutputRequest = { sampling: GREEDY, history: [], candidates: true, sumTemperature: 1 };

export interface Evaluation {
  /** The most likely tokens after the last id, best first; log-probabilities over the whole vocabulary. */
  top: { id: number; text: string; logprob: number }[];
  /** Greedy tokens after it; end-of-generation tokens do not stop them. */
  greedy: TokenLogprob[];
}

/**
 * @param ids [1 … context] token ids
 * @param chunkTokens tokens computed in one forward, at most the model's own chunk
 * @throws LocalLLMError bad-argument, quota, numerics, device-lost
 */
export async function evaluate(
  model: LoadedModel,
  ids: readonly number[],
  options: { top: number; greedy: number; chunkTokens?: number },
): Promise<Evaluation> {
  if (options.top > CANDIDATES) {
    throw new LocalLLMError(
      'bad-argument',
      `top is ${options.top}; at most ${CANDIDATES} log-probabilities are given.`,
    );
  }
  const sequence = open(model, ids, options.greedy);
  try {
    let row = await prefill(model, sequence, options.chunkTokens ?? model.limits.tokens);
    const { top } = tokenLogprob(model.tokenizer, row.id, row.candidates!, options.top);
    const greedy: TokenLogprob[] = [];
    for (let i = 0; i < options.greedy; i++) {
      greedy.push(tokenLogprob(model.tokenizer, row.id, row.candidates!, 2));
      sequence.tokens.push(row.id);
      if (i + 1 < options.greedy) row = await prefill(model, sequence, 1);
    }
    return { top, greedy };
  } finally {
    sequence.drop(model.pool);
  }
}

/** Every tap of the forward over `ids`: [ids, width] each, rows in order. */
export async function dumpTaps(model: LoadedModel, ids: readonly number[]): Promise<TapValue[]> {
  const sequence = open(model, ids, 0);
  const merged = new Map<string, TapValue[]>();
  try {
    for (let first = 0; first < ids.length; first += model.limits.outputs) {
      const count = Math.min(model.limits.outputs, ids.length - first);
      model.batch.set([{ sequence, first, count, outputs: count }]);
      for (const value of await model.forward.runWithTaps(model.batch)) {
        merged.set(value.name, [...(merged.get(value.name) ?? []), value]);
      }
      sequence.cached = first + count;
    }
  } finally {
    sequence.drop(model.pool);
  }
  return [...merged].map(([name, parts]) => {
    const width = parts[0]!.shape[1];
    const data = new Float32Array(ids.length * width);
    let at = 0;
    for (const part of parts) {
      data.set(part.data, at);
      at += part.data.length;
    }
    return { name, shape: [ids.length, width], data };
  });
}

function open(model: LoadedModel, ids: readonly number[], more: number): Sequence {
  const tokens = ids.length + more;
  if (ids.length === 0) throw new LocalLLMError('bad-argument', 'There are no tokens to evaluate.');
  const bad = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= model.hp.vocab);
  if (bad !== undefined) {
    throw new LocalLLMError('bad-argument', `Token id ${bad} is outside the vocabulary of ${model.hp.vocab} tokens.`);
  }
  if (tokens > model.contextTokens) {
    throw new LocalLLMError('quota', `${tokens} tokens do not fit the context of ${model.contextTokens}.`, {
      details: { requested: tokens, quota: model.contextTokens },
    });
  }
  const sequence = new Sequence(ids);
  if (model.pool.reserve(sequence, tokens)) return sequence;
  sequence.drop(model.pool);
  throw new LocalLLMError('invalid-state', 'Other sequences hold the cache: wait until they have ended.');
}

async function prefill(model: LoadedModel, sequence: Sequence, chunkTokens: number): Promise<OutputRow> {
  let rows: OutputRow[] = [];
  while (sequence.cached < sequence.tokens.length) {
    const count = Math.min(chunkTokens, sequence.tokens.length - sequence.cached);
    const ends = sequence.cached + count === sequence.tokens.length;
    model.batch.set([{ sequence, first: sequence.cached, count, outputs: ends ? 1 : 0 }]);
    rows = await model.forward.run(model.batch, ends ? [CANDIDATE_REQUEST] : []);
    sequence.cached += count;
  }
  return rows[0]!;
}
