import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { defineKernel } from '../../shaders/kernel.ts';
import { Allocation } from './allocation.ts';
import { openDawn } from './dawn.ts';
import { type Dims, type Dispatch, ONE_ROW, type Variant } from './dispatch.ts';
import { Gpu } from './gpu.ts';
import { Plan, PlanBuilder } from './plan.ts';

const PLACES = 4;

let gpu: Gpu;
let allocation: Allocation;
let sums: GPUBuffer;
beforeAll(async () => {
  gpu = await Gpu.open(await openDawn());
});
afterAll(() => gpu.device.destroy());
beforeEach(async () => {
  allocation = new Allocation(gpu);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
  sums = await allocation.allocate('sums', PLACES * 4, usage);
  return () => allocation.release();
});

/** Adds a number in the first place of each token. */
const adding = (number: number, minRows = 1): Variant => ({
  kernel: defineKernel(`adds-${number}`, [
    {
      file: 'adds.wgsl',
      text: `@group(0) @binding(0) var<storage, read_write> sums: array<u32>;
        @compute @workgroup_size(1)
        fn main(@builtin(workgroup_id) id: vec3<u32>) { sums[id.x] += ${number}u; }`,
    },
  ]),
  minRows,
  grid: ({ tokens }) => [tokens, 1, 1],
});

function record(...dispatches: Pick<Dispatch, 'rows' | 'variants' | 'choice'>[]): Promise<Plan> {
  const builder = new PlanBuilder(gpu, allocation);
  for (const dispatch of dispatches) builder.dispatch({ label: 'add', buffers: { sums }, params: {}, ...dispatch });
  return builder.build();
}

/** What a forward adds in each place. */
async function added(plan: Plan, dims: Dims): Promise<number[]> {
  const before = await read();
  gpu.device.queue.submit([Plan.encode(gpu, [plan], dims).finish()]);
  return (await read()).map((sum, at) => sum - before[at]!);
}

async function read(): Promise<number[]> {
  const staging = gpu.device.createBuffer({
    size: sums.size,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  const encoder = gpu.device.createCommandEncoder();
  encoder.copyBufferToBuffer(sums, 0, staging, 0, sums.size);
  gpu.device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const numbers = [...new Uint32Array(staging.getMappedRange())];
  staging.destroy();
  return numbers;
}

test('each forward has the grids, variants and steps of its own rows', async () => {
  const plan = await record(
    { rows: ({ tokens }) => tokens, variants: [adding(1), adding(100, 3)] },
    { rows: ({ outputs }) => outputs, variants: [adding(10)] },
  );
  expect(await added(plan, ONE_ROW)).toEqual([11, 0, 0, 0]);
  expect(await added(plan, ONE_ROW)).toEqual([11, 0, 0, 0]);
  expect(await added(plan, { ...ONE_ROW, tokens: 2 })).toEqual([11, 11, 0, 0]);
  expect(await added(plan, { ...ONE_ROW, tokens: 3, outputs: 0 })).toEqual([100, 100, 100, 0]);
  expect(await added(plan, ONE_ROW)).toEqual([11, 0, 0, 0]);
});

test('dims that change in place are seen', async () => {
  const plan = await record({ rows: ({ tokens }) => tokens, variants: [adding(1)] });
  const dims = { ...ONE_ROW };
  expect(await added(plan, dims)).toEqual([1, 0, 0, 0]);
  dims.tokens = 4;
  expect(await added(plan, dims)).toEqual([1, 1, 1, 1]);
});

test('a shape that is chosen runs from the next forward on', async () => {
  const shapes: Record<string, Variant> = { first: adding(1), other: adding(7) };
  const choice = { key: 'sum', shapes: Object.keys(shapes), variant: (shape: string) => shapes[shape]! };
  const plan = await record({ rows: ({ tokens }) => tokens, variants: [adding(1), adding(100, 3)], choice });
  expect(await added(plan, ONE_ROW)).toEqual([1, 0, 0, 0]);
  await plan.choose('sum', 'other');
  expect(await added(plan, ONE_ROW)).toEqual([7, 0, 0, 0]);
  expect(await added(plan, { ...ONE_ROW, tokens: 3 })).toEqual([100, 100, 100, 0]);
});
