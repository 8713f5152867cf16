/**
 * While the GPU is gone: who waits for it, and how it comes back.
 *
 * @module
 */
import { Gpu } from '../gpu/gpu.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { Job } from './job.ts';
import type { Scheduler } from './scheduler.ts';

/** A GPU process that crashed takes a moment to start again: waits before each attempt. */
const ATTEMPTS_MS = [0, 250, 1_000, 3_000];

/** A model that is being loaded onto another GPU, and the requests that wait for it. */
export class Recovery {
  readonly #jobs = new Set<Job>();
  readonly #stop = new AbortController();

  constructor(jobs: readonly Job[]) {
    for (const job of jobs) this.hold(job);
  }

  /** Stops the load. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get waiting(): number {
    return this.#jobs.size;
  }

  hold(job: Job): void {
    this.#jobs.add(job);
    const leave = (): void => {
      if (this.#jobs.delete(job)) job.fail(new LocalLLMError('aborted', 'The request was cancelled.'));
    };
    if (job.signal.aborted) leave();
    else job.signal.addEventListener('abort', leave, { once: true });
  }

  /** The GPU is back: all go on where they were. */
  release(scheduler: Scheduler): void {
    for (const job of this.#take()) void scheduler.run(job);
  }

  /** The GPU stays away, or nobody wants it any more. */
  end(error: LocalLLMError): void {
    this.#stop.abort();
    for (const job of this.#take()) job.fail(error);
  }

  #take(): Job[] {
    const jobs = [...this.#jobs];
    this.#jobs.clear();
    return jobs;
  }
}

/** Opens the GPU after it was lost. @throws LocalLLMError no-webgpu, no-adapter, aborted */
export async function reopenGpu(webgpu: GPU | undefined, signal: AbortSignal): Promise<Gpu> {
  let failure: unknown;
  for (const ms of ATTEMPTS_MS) {
    await pause(ms, signal);
    if (signal.aborted) throw new LocalLLMError('aborted', 'The model was unloaded.');
    try {
      return await Gpu.open(webgpu);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** What requests are told when the GPU was lost and loading the model again failed. */
export function notBack(cause: LocalLLMError, reason: string): LocalLLMError {
  if (cause.code === 'out-of-memory') return cause;
  const message = `The GPU was lost (${reason}) and did not come back: ${cause.message}`;
  return new LocalLLMError('device-lost', message, { cause });
}
