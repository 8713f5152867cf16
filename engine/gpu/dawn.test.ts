import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDawn } from './dawn.ts';
import { isSoftware } from './gpu.ts';

/** Some tens of milliseconds of a software adapter. */
const WORK = `
@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  var sum = f32(id.x);
  for (var i = 0u; i < 20000u; i++) { sum = fma(sum, 0.5, f32(i)); }
  sums[id.x] = sum;
}`;
const THREADS = 4096;

const before = globalThis.setImmediate;
let device: GPUDevice;
let software: boolean;
beforeAll(async () => {
  const adapter = await (await openDawn()).requestAdapter({ powerPreference: 'high-performance' });
  software = isSoftware(adapter!.info);
  device = await adapter!.requestDevice();
});
afterAll(() => device.destroy());

async function work(): Promise<void> {
  const sums = device.createBuffer({ size: THREADS * 4, usage: GPUBufferUsage.STORAGE });
  const module = device.createShaderModule({ code: WORK });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const entries = [{ binding: 0, resource: { buffer: sums } }];
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(THREADS / 64);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
}

test('Dawn leaves the processor to a software adapter, and asks a real GPU whenever the loop turns', async () => {
  await work(); // compiled
  const patient = globalThis.setImmediate;
  let asked = 0;
  let turns = 0;
  let done = false;
  const turn = () => {
    turns++;
    if (!done) before(turn);
  };
  globalThis.setImmediate = Object.assign((...args: Parameters<typeof patient>) => {
    asked++;
    return patient(...args);
  }, patient);
  try {
    before(turn);
    await work();
  } finally {
    done = true;
    globalThis.setImmediate = patient;
  }
  expect(asked).toBeGreaterThan(0);
  expect(asked * 4 < turns).toBe(software);
  expect(patient === before).toBe(!software);
});

test('everybody else is called as before', async () => {
  const done: string[] = [];
  await new Promise<void>((resolve) => {
    setImmediate((word: string) => resolve(void done.push(word)), 'with a word');
  });
  done.push(await promisify(setImmediate)('promisified'));
  clearImmediate(setImmediate(() => done.push('cancelled')));
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual(['with a word', 'promisified']);
});
