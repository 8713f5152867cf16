/**
 * Runs fuzz cases in a thread that can be stopped, with little memory of its own.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { BaseFile } from './base-files.ts';

export interface WorkerInput {
  files: BaseFile[];
  seed: number;
  numbers: number[];
  /** One word: the case that runs now. */
  current: SharedArrayBuffer;
  extraBytes: number;
}

export type WorkerReport =
  | { type: 'failure'; number: number; base: string; problem: string }
  | { type: 'done'; accepted: number[]; refusals: Record<string, string> };

// What the bundlers do for `?raw`.
registerHooks({
  load(url, context, next) {
    if (!url.endsWith('?raw')) return next(url, context);
    const text = readFileSync(fileURLToPath(url.slice(0, -'?raw'.length)), 'utf8');
    return { format: 'module', source: `export default ${JSON.stringify(text)};`, shortCircuit: true };
  },
});

const { judge, makeCase, prepare } = await import('./fuzz-case.ts');
const { files, seed, numbers, current, extraBytes } = workerData as WorkerInput;
const bases = [];
for (const file of files) bases.push(await prepare(file));
const state = new Int32Array(current);
const report = (message: WorkerReport) => parentPort!.postMessage(message);
const accepted: number[] = [];
/** One example of each message, numbers aside. */
const refusals: Record<string, string> = {};
/** The heap has a limit of its own: the thread's. */
const outsideHeap = () => process.memoryUsage().arrayBuffers;

for (const number of numbers) {
  const { base, bytes } = makeCase(bases, seed, number);
  const before = outsideHeap();
  Atomics.store(state, 0, number);
  try {
    const reasons = await judge(bytes);
    if (reasons.length === 0) accepted.push(number);
    for (const { code, message } of reasons) {
      refusals[`${code}: ${message.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/-?\d[\d.e+]*/g, '0')}`] ??=
        `${number}: ${message}`;
    }
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    report({ type: 'failure', number, base, problem });
  }
  const grown = outsideHeap() - before;
  if (grown > bytes.length + extraBytes) {
    report({ type: 'failure', number, base, problem: `took ${grown} bytes for a file of ${bytes.length}` });
  }
}
Atomics.store(state, 0, -1);
report({ type: 'done', accepted, refusals });
