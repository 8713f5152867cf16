/**
 * Work on a model that several may wait for: a download, a copy.
 *
 * @module
 */
import type { ModelPlan } from './plan.ts';
import { Speed } from './speed.ts';
import { cancelled } from './transfer.ts';

/** Bytes that are there, and of all files together where that is known. */
export type Progress = (bytes: number, total: number | undefined) => void;

export interface Running {
  /** What is fetched; undefined where nobody may join. */
  readonly plan: ModelPlan | undefined;
  readonly stop: AbortController;
  readonly listeners: Set<Progress>;
  readonly speed: Speed;
  waiting: number;
  bytes: number;
  total: number | undefined;
  promise: Promise<void>;
}

export const newRunning = (plan: ModelPlan | undefined, now: () => number): Running => ({
  plan,
  stop: new AbortController(),
  listeners: new Set(),
  speed: new Speed(now),
  waiting: 0,
  bytes: 0,
  total: undefined,
  promise: Promise.resolve(),
});

/** Tells all who wait. */
export function report(running: Running, bytes: number, total: number | undefined): void {
  running.bytes = bytes;
  running.total = total;
  running.speed.reached(bytes);
  for (const listener of running.listeners) listener(bytes, total);
}

/** Waits for it. It stops when the last who waits for it has gone. @throws LocalLLMError aborted, and what the work throws */
export async function join(
  running: Running,
  { onProgress, signal }: { onProgress: Progress; signal?: AbortSignal },
): Promise<void> {
  const listener: Progress = (bytes, total) => onProgress(bytes, total);
  const left = Promise.withResolvers<never>();
  const leave = () => {
    if (--running.waiting === 0) running.stop.abort();
    else left.reject(cancelled());
  };
  running.listeners.add(listener);
  running.waiting++;
  signal?.addEventListener('abort', leave);
  try {
    await Promise.race([running.promise, left.promise]);
  } finally {
    signal?.removeEventListener('abort', leave);
    running.listeners.delete(listener);
  }
}
