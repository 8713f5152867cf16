import type { TimedStep } from '../gpu/profiler.ts';
import { profileForward } from '../runtime/profile.ts';
import { type ModelOptions, print, withModel } from './with-model.ts';

interface KernelSum {
  kernel: string;
  dispatches: number;
  microseconds: number;
  bytes: number;
}

/** GPU time by kernel of one forward: a decode step, or a prefill chunk. */
export async function profile(
  path: string,
  options: ModelOptions & { past: number; tokens: number; runs: number; json?: boolean },
): Promise<void> {
  const { past, tokens, runs } = options;
  const whole = { ...options, context: options.context ?? past + tokens };
  await withModel(
    path,
    whole,
    async (model, gpu) => {
      const steps = await profileForward(model, { past, tokens, runs });
      const kernels = byKernel(steps);
      if (options.json) return print(`${JSON.stringify({ adapter: gpu.adapterName, past, tokens, steps, kernels })}\n`);
      const total = steps.reduce((sum, step) => sum + step.microseconds, 0);
      print(`${gpu.adapterName}: ${steps.length} dispatches, ${total.toFixed(0)} µs\n`);
      for (const { kernel, dispatches, microseconds, bytes } of kernels) {
        const speed = bytes > 0 ? `${(bytes / microseconds / 1000).toFixed(0).padStart(6)} GB/s` : '';
        const share = `${((100 * microseconds) / total).toFixed(1).padStart(5)} %`;
        print(
          `${microseconds.toFixed(1).padStart(9)} µs ${share} ${String(dispatches).padStart(5)} × ${kernel.padEnd(36)}${speed}\n`,
        );
      }
    },
    { timestamps: true },
  );
}

function byKernel(steps: readonly TimedStep[]): KernelSum[] {
  const sums = new Map<string, KernelSum>();
  for (const { kernel, label, microseconds, bytes } of steps) {
    const key = label.startsWith('matmul') ? `${kernel} ${bytes}` : kernel;
    const sum = sums.get(key) ?? {
      kernel: label.startsWith('matmul') ? `${kernel} (${(bytes / 1e6).toFixed(1)} MB)` : kernel,
      dispatches: 0,
      microseconds: 0,
      bytes: 0,
    };
    sum.dispatches++;
    sum.microseconds += microseconds;
    sum.bytes += bytes;
    sums.set(key, sum);
  }
  return [...sums.values()].sort((a, b) => b.microseconds - a.microseconds);
}
