/**
 * What an adapter and its browser cost before any model runs: memory, arithmetic, dispatches, passes, submits, pipelined steps.
 * Runs in Node and in a page.
 *
 * @module
 */
import { type Gpu } from '../../engine/gpu/gpu.ts';
import { ONE_ROW } from '../../engine/gpu/dispatch.ts';
import { Plan } from '../../engine/gpu/plan.ts';
import { median } from '../../engine/gpu/stopwatch.ts';
import { measureRoofline, planOf, withAllocation } from '../../engine/runtime/roofline.ts';
import { incrementKernel, INCREMENT_THREADS } from '../../shaders/lab/increment.kernel.ts';

export interface Floors {
  adapter: string;
  software: boolean;
  bytesPerSecond: number;
  flopsPerSecond: number;
  /** Of one dispatch that does next to nothing, among many in a pass, encoding included. */
  dispatchMicroseconds: number;
  /** Of one with a pass of its own. */
  passMicroseconds: number;
  /** From a submit of one dispatch until its 16 bytes are read. */
  readbackMilliseconds: number;
  /** Steps a second of {@link STEP_DISPATCHES} dispatches and a readback, by how many are under way at once. */
  stepsPerSecond: Record<string, number>;
}

/** About what a model of one billion parameters has. */
export const STEP_DISPATCHES = 130;
const DEPTHS = [1, 2, 3, 4];

export async function measureFloors(gpu: Gpu): Promise<Floors> {
  const { bytesPerSecond, flopsPerSecond } = await measureRoofline(gpu);
  return withAllocation(gpu, async (allocation) => {
    const { STORAGE, COPY_SRC } = GPUBufferUsage;
    const counts = await allocation.allocate('counts', INCREMENT_THREADS * 4, STORAGE | COPY_SRC);
    const plan = await planOf(gpu, allocation, {
      label: 'increment',
      variants: [{ kernel: incrementKernel(), grid: () => [1, 1, 1], minRows: 1 }],
      rows: () => 1,
      buffers: { counts },
      params: {},
    });
    const [few, many] = gpu.adapter.software ? [20, 220] : [200, 2200];
    const each = async (run: (count: number) => Promise<number>) => {
      await run(few);
      const times = await repeat(5, async () => (await run(many)) - (await run(few)));
      return (median(times) / (many - few)) * 1000;
    };
    const dispatchMicroseconds = await each((count) => oneSubmit(gpu, () => encodeShared(gpu, plan, count)));
    const passMicroseconds = await each((count) => oneSubmit(gpu, () => encodeApart(gpu, plan, count)));
    const stepping = { gpu, plan, counts };
    const readback = await repeat(20, () => pipelined(stepping, { steps: 1, depth: 1, dispatches: 1 }));
    const stepsPerSecond: Record<string, number> = {};
    for (const depth of DEPTHS) {
      const steps = gpu.adapter.software ? 12 : 150;
      const times = await repeat(3, () => pipelined(stepping, { steps, depth, dispatches: STEP_DISPATCHES }));
      stepsPerSecond[depth] = (steps / median(times)) * 1000;
    }
    return {
      adapter: gpu.adapterName,
      software: gpu.adapter.software,
      bytesPerSecond,
      flopsPerSecond,
      dispatchMicroseconds,
      passMicroseconds,
      readbackMilliseconds: median(readback),
      stepsPerSecond,
    };
  });
}

async function repeat<T>(times: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (results.length < times) results.push(await run());
  return results;
}

/** Milliseconds to encode, submit and run. */
async function oneSubmit({ device }: Gpu, encode: () => GPUCommandEncoder): Promise<number> {
  const start = performance.now();
  device.queue.submit([encode().finish()]);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - start;
}

function encodeShared(gpu: Gpu, plan: Plan, count: number): GPUCommandEncoder {
  return Plan.encode(
    gpu,
    Array.from({ length: count }, () => plan),
    ONE_ROW,
  );
}

function encodeApart(gpu: Gpu, plan: Plan, count: number): GPUCommandEncoder {
  const encoder = gpu.device.createCommandEncoder();
  for (let i = 0; i < count; i++) plan.encodeApart(encoder, ONE_ROW, () => ({}));
  return encoder;
}

/** Milliseconds for steps whose results are read while others, `depth` at most, are under way. */
async function pipelined(
  { gpu, plan, counts }: { gpu: Gpu; plan: Plan; counts: GPUBuffer },
  { steps, depth, dispatches }: { steps: number; depth: number; dispatches: number },
): Promise<number> {
  const { device } = gpu;
  const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
  const ring = Array.from({ length: depth }, () => device.createBuffer({ size: 16, usage }));
  const pending: Promise<void>[] = [];
  const start = performance.now();
  for (let step = 0; step < steps; step++) {
    if (pending.length === depth) await pending.shift();
    const staging = ring[step % depth]!;
    const encoder = encodeShared(gpu, plan, dispatches);
    encoder.copyBufferToBuffer(counts, 0, staging, 0, 16);
    device.queue.submit([encoder.finish()]);
    pending.push(
      staging.mapAsync(GPUMapMode.READ).then(() => {
        staging.getMappedRange();
        staging.unmap();
      }),
    );
  }
  await Promise.all(pending);
  const took = performance.now() - start;
  for (const buffer of ring) buffer.destroy();
  return took;
}
