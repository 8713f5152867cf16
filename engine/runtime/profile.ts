/**
 * Where the time of a decode step and of a prefill chunk goes.
 *
 * @module
 */
import type { ModelSource } from '../gguf/split.ts';
import { Gpu } from '../gpu/gpu.ts';
import { type ProfilerRuns, requireTimestamps } from '../gpu/profiler.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { EngineProfile, ForwardProfile, KernelTime } from '../protocol/profile.ts';
import { Sequence } from './kv-cache.ts';
import { type LoadedModel, loadModel } from './load-model.ts';
import { measureRoofline } from './roofline.ts';

/** Many, because browsers round timestamps; fewer where a forward takes long. */
const RUNS = 200;
const BUDGET_MS = 2_000;
/** A whole chunk takes a software adapter many seconds, and tells no more. */
const SOFTWARE_CHUNK_TOKENS = 64;
/** Shares of the whole that loading, the search for shapes, the roofline, and each of the two forwards take. */
const PROGRESS = { loaded: 0.3, tuned: 0.4, roofline: 0.5, decode: 0.75 };

export interface ForwardShape {
  /** Tokens of the sequence before the profiled ones. */
  past: number;
  /** Tokens of the profiled forward: 1 for a decode step. */
  tokens: number;
}

export interface ProfileRequest {
  /** Tokens in the cache before the decode step and the chunk. */
  past: number;
  /** 0…1, rising. */
  onProgress: (fraction: number) => void;
  signal: AbortSignal;
}

/** A GPU of its own, with timestamps, which normal runs do without because they slow them down. */
export interface Profiler {
  /**
   * Loads the model, profiles it and frees it.
   * @throws LocalLLMError quota (`past` does not fit the model's context), bad-file, out-of-memory, shader, aborted, device-lost
   */
  profile(source: ModelSource, request: ProfileRequest): Promise<Omit<EngineProfile, 'model'>>;
  close(): void;
}

/** @throws LocalLLMError not-supported (no timestamps), no-webgpu, no-adapter */
export async function createProfiler(options: { gpu?: GPU } = {}): Promise<Profiler> {
  const gpu = await Gpu.open(options.gpu, { timestamps: true });
  const close = () => gpu.device.destroy();
  try {
    requireTimestamps(gpu);
  } catch (error) {
    close();
    throw error;
  }
  return { profile: (source, request) => profileModel(gpu, source, request), close };
}

async function profileModel(
  gpu: Gpu,
  source: ModelSource,
  { past, onProgress, signal }: ProfileRequest,
): Promise<Omit<EngineProfile, 'model'>> {
  const model = await loadModel(gpu, source, {
    onProgress: (fraction) => onProgress(fraction * PROGRESS.loaded),
    signal,
  });
  try {
    await model.forward.searchShapes({ signal });
    onProgress(PROGRESS.tuned);
    const roofline = await measureRoofline(gpu);
    onProgress(PROGRESS.roofline);
    const measure = (tokens: number, from: number, to: number) =>
      profileForward(
        model,
        { past, tokens },
        {
          runs: RUNS,
          budgetMs: BUDGET_MS,
          signal,
          onProgress: (fraction) => onProgress(from + fraction * (to - from)),
        },
      );
    const most = gpu.adapter.software ? SOFTWARE_CHUNK_TOKENS : model.limits.tokens;
    const chunk = Math.max(1, Math.min(most, model.contextTokens - past));
    const decode = await measure(1, PROGRESS.roofline, PROGRESS.decode);
    const prefill = await measure(chunk, PROGRESS.decode, 1);
    return {
      adapter: gpu.adapterName,
      roofline,
      coarse: decode.coarse,
      decode: decode.forward,
      prefill: prefill.forward,
    };
  } finally {
    model.release();
  }
}

/** GPU times of the dispatches of one forward. @throws LocalLLMError bad-argument, not-supported, quota, aborted */
export async function profileForward(
  model: LoadedModel,
  { past, tokens }: ForwardShape,
  runs: ProfilerRuns,
): Promise<{ forward: ForwardProfile; coarse: boolean }> {
  if (tokens > model.limits.tokens) {
    throw new LocalLLMError('bad-argument', `A forward takes at most ${model.limits.tokens} tokens, not ${tokens}.`);
  }
  const sequence = new Sequence(Array.from({ length: past + tokens }, (_, i) => (i * 7919) % model.hp.vocab));
  if (past + tokens > model.contextTokens || !model.pool.reserve(sequence, past + tokens)) {
    sequence.drop(model.pool);
    throw new LocalLLMError('quota', `${past + tokens} tokens do not fit the context of ${model.contextTokens}.`, {
      details: { requested: past + tokens, quota: model.contextTokens },
    });
  }
  try {
    // What the cache holds is of no matter for the time.
    sequence.cached = past;
    model.batch.set([{ sequence, first: past, count: tokens, outputs: 1 }]);
    const { steps, microseconds, runs: measured, coarse } = await model.forward.profile(model.batch, runs);
    const forward = { past, tokens, runs: measured, microseconds, dispatches: steps, kernels: byKernel(steps) };
    return { forward, coarse };
  } finally {
    sequence.drop(model.pool);
  }
}

/** Dispatches of one kernel that move as many bytes are one line. */
function byKernel(steps: readonly KernelTime[]): ForwardProfile['kernels'] {
  const sums = new Map<string, ForwardProfile['kernels'][number]>();
  for (const { label, kernel, bytes, flops, microseconds } of steps) {
    const key = `${kernel} ${bytes}`;
    const sum = sums.get(key) ?? { label, kernel, dispatches: 0, microseconds: 0, bytes: 0, flops: 0 };
    sum.dispatches++;
    sum.microseconds += microseconds;
    sum.bytes += bytes;
    sum.flops += flops;
    sums.set(key, sum);
  }
  return [...sums.values()].sort((a, b) => b.microseconds - a.microseconds);
}
