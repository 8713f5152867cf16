/**
 * Ten thousand damaged files, each read as far as the GPU: it would load, or is refused with a `LocalLLMError` that says why.
 * None may take 2 seconds, or 64 MB more than its own size.
 *
 * A failure names the seed and the case. To run one case alone: `LOCALLLM_FUZZ_CASE=1234 npx vitest run tests/fuzz/fuzz.test.ts`;
 * other files than those of CI: `LOCALLLM_FUZZ_SEED=…` and `LOCALLLM_FUZZ_CASES=…`.
 *
 * @module
 */
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { baseFiles } from './base-files.ts';
import type { WorkerInput, WorkerReport } from './worker.ts';

const SEED = Number(process.env['LOCALLLM_FUZZ_SEED'] ?? 20_261_121);
const ALONE = process.env['LOCALLLM_FUZZ_CASE'];
const CASES = Number(process.env['LOCALLLM_FUZZ_CASES'] ?? 10_000);
const EXTRA_BYTES = 64 << 20;
/** The thread's own code and the sound files. */
const HEAP_MB = 64 + 48;
/** Of processor time: a busy machine is no hang. */
const HANG_SECONDS = 2;

interface Outcome {
  failures: string[];
  accepted: number[];
  refusals: Record<string, string>;
}

/** Runs the cases in a thread, which is stopped where a case hangs. */
async function run(input: Omit<WorkerInput, 'current' | 'extraBytes'>): Promise<Outcome> {
  const current = new SharedArrayBuffer(4);
  const state = new Int32Array(current).fill(-1);
  const outcome: Outcome = { failures: [], accepted: [], refusals: {} };
  const fail = (number: number, base: string, problem: string) =>
    outcome.failures.push(`seed ${input.seed}, case ${number} (${base}): ${problem}`);
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { ...input, current, extraBytes: EXTRA_BYTES } satisfies WorkerInput,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  let watched = -1;
  let since = process.cpuUsage();
  const watch = setInterval(() => {
    const number = state[0]!;
    if (number !== watched) {
      watched = number;
      since = process.cpuUsage();
    }
    const { user, system } = process.cpuUsage(since);
    if (number < 0 || user + system < HANG_SECONDS * 1e6) return;
    fail(number, 'it hangs', `not done after ${HANG_SECONDS} s`);
    void worker.terminate();
  }, 100);
  try {
    await new Promise<void>((resolve) => {
      worker.on('message', (report: WorkerReport) => {
        if (report.type === 'failure') fail(report.number, report.base, report.problem);
        else Object.assign(outcome, { accepted: report.accepted, refusals: report.refusals });
      });
      worker.on('error', (error) => fail(state[0]!, 'the thread died', error.stack ?? error.message));
      worker.on('exit', () => resolve());
    });
  } finally {
    clearInterval(watch);
  }
  return outcome;
}

test(`${ALONE === undefined ? `${CASES} damaged files` : `case ${ALONE}`} of seed ${SEED}`, async () => {
  const numbers = ALONE === undefined ? Array.from({ length: CASES }, (_, i) => i) : [Number(ALONE)];
  const { failures, accepted, refusals } = await run({ files: await baseFiles(), seed: SEED, numbers });
  expect(failures.slice(0, 20)).toEqual([]);
  if (ALONE !== undefined) {
    console.log(Object.values(refusals).join('\n') || 'accepted');
    return;
  }
  // The damage must be neither so coarse that nothing is read, nor so fine that nothing is refused.
  expect(accepted.length).toBeGreaterThan(CASES / 50);
  expect(accepted.length).toBeLessThan(CASES / 2);
  expect(Object.keys(refusals).length).toBeGreaterThan(50);
});
