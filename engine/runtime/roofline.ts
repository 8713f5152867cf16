/**
 * The roofs over all kernels of a GPU, measured: how fast memory is read, how fast floats are multiplied and added.
 *
 * @module
 */
import { FMA_FLOPS, FMA_THREADS, fmaChainKernel } from '../../shaders/lab/fma-chain.kernel.ts';
import { streamReadKernel, streamReadShape } from '../../shaders/lab/stream-read.kernel.ts';
import { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { type Dispatch, ONE_ROW } from '../gpu/dispatch.ts';
import { type Plan, PlanBuilder } from '../gpu/plan.ts';
import { Stopwatch } from '../gpu/stopwatch.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { Roofline } from '../protocol/profile.ts';

/** Much more than caches hold, where the GPU has that much in one buffer. */
const STREAM_BYTES = 1 << 30;
/** Software adapters have the processor's caches, and no time to lose. */
const SOFTWARE_STREAM_BYTES = 1 << 26;
const FEWEST_BYTES = 1 << 24;

/** @throws LocalLLMError out-of-memory, shader */
export async function measureRoofline(gpu: Gpu): Promise<Roofline> {
  return { bytesPerSecond: await measureStream(gpu), flopsPerSecond: await measureArithmetic(gpu) };
}

/** Bytes a second that a kernel reads of a buffer larger than the caches. */
async function measureStream(gpu: Gpu): Promise<number> {
  const { maxMatrixBytes, adapter } = gpu;
  let wanted = Math.min(adapter.software ? SOFTWARE_STREAM_BYTES : STREAM_BYTES, Math.floor(maxMatrixBytes / 2));
  for (;;) {
    try {
      return await streamOnce(gpu, wanted);
    } catch (error) {
      // Another program may hold the memory: a smaller buffer tells nearly as much.
      if (LocalLLMError.from(error).code !== 'out-of-memory' || wanted / 2 < FEWEST_BYTES) throw error;
      wanted /= 2;
    }
  }
}

function streamOnce(gpu: Gpu, wanted: number): Promise<number> {
  const { grid, rounds, threads, bytes } = streamReadShape(wanted);
  return withAllocation(gpu, async (allocation) => {
    const { STORAGE } = GPUBufferUsage;
    const x = await allocation.allocate('a buffer to read', bytes, STORAGE);
    const folds = await allocation.allocate('what was read', threads * 4, STORAGE);
    const plan = await planOf(gpu, allocation, {
      label: 'stream-read',
      variants: [{ kernel: streamReadKernel(), grid: () => grid, minRows: 1 }],
      rows: () => 1,
      buffers: { x, folds },
      params: { rounds, keep: 0 },
    });
    return (bytes / (await timePlan(gpu, plan))) * 1e6;
  });
}

/** Multiplications and additions a second. */
function measureArithmetic(gpu: Gpu): Promise<number> {
  const [workgroups, rounds] = gpu.adapter.software ? [16, 64] : [4096, 256];
  return withAllocation(gpu, async (allocation) => {
    const chains = await allocation.allocate('sums', workgroups * FMA_THREADS * 4, GPUBufferUsage.STORAGE);
    const plan = await planOf(gpu, allocation, {
      label: 'fma-chain',
      variants: [{ kernel: fmaChainKernel(), grid: () => [workgroups, 1, 1], minRows: 1 }],
      rows: () => 1,
      buffers: { chains },
      params: { rounds, factor: 0.5, addend: 1 },
    });
    return ((workgroups * FMA_THREADS * FMA_FLOPS * rounds) / (await timePlan(gpu, plan))) * 1e6;
  });
}

/** A plan of one dispatch. */
export async function planOf(gpu: Gpu, allocation: Allocation, dispatch: Dispatch): Promise<Plan> {
  const builder = new PlanBuilder(gpu, allocation);
  builder.dispatch(dispatch);
  return builder.build();
}

/** Buffers that are freed in the end. */
export async function withAllocation<T>(gpu: Gpu, use: (allocation: Allocation) => Promise<T>): Promise<T> {
  const allocation = new Allocation(gpu);
  try {
    return await use(allocation);
  } finally {
    allocation.release();
  }
}

async function timePlan(gpu: Gpu, plan: Plan): Promise<number> {
  const stopwatch = new Stopwatch(gpu);
  try {
    return await stopwatch.timeOne([plan], ONE_ROW);
  } finally {
    stopwatch.release();
  }
}
