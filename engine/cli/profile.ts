import { leastMicroseconds, type ForwardProfile, type Roofline } from '../protocol/profile.ts';
import { profileForward } from '../runtime/profile.ts';
import { measureRoofline } from '../runtime/roofline.ts';
import { type ModelOptions, print, withModel } from './with-model.ts';

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
      await model.forward.searchShapes();
      const roofline = await measureRoofline(gpu);
      const { forward } = await profileForward(model, { past, tokens }, { runs });
      if (options.json) return print(`${JSON.stringify({ adapter: gpu.adapterName, roofline, ...forward })}\n`);
      print(table(gpu.adapterName, roofline, forward));
    },
    { timestamps: true },
  );
}

function table(adapter: string, roofline: Roofline, { microseconds, dispatches, kernels }: ForwardProfile): string {
  const alone = dispatches.reduce((sum, step) => sum + step.microseconds, 0);
  const head =
    `${adapter}: reads ${(roofline.bytesPerSecond / 1e9).toFixed(0)} GB/s, ` +
    `${(roofline.flopsPerSecond / 1e12).toFixed(2)} TFLOP/s\n` +
    `${dispatches.length} dispatches: ${microseconds.toFixed(0)} µs in one pass, ${alone.toFixed(0)} µs each in its own\n`;
  const lines = kernels.map((sum) => {
    const { kernel, dispatches: count, microseconds: took, bytes } = sum;
    const share = `${((100 * took) / alone).toFixed(1).padStart(5)} %`;
    const size = bytes > 0 ? `${(bytes / count / 1e6).toFixed(2)} MB` : '';
    const speed = bytes > 0 ? `${(bytes / took / 1000).toFixed(0)} GB/s` : '';
    const least = leastMicroseconds(sum, roofline);
    const reached = least > 0 ? `${((100 * least) / took).toFixed(0)} % of the roofline` : '';
    const facts = `${kernel.padEnd(36)} ${size.padStart(10)} ${speed.padStart(10)} ${reached}`.trimEnd();
    return `${took.toFixed(1).padStart(9)} µs ${share} ${String(count).padStart(5)} × ${facts}\n`;
  });
  return head + lines.join('');
}
