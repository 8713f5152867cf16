// What is told of a model's memory before a load is what the load then takes, and a device that has less gets what it was told.
import { afterEach, expect, test } from 'vitest';
import { adapterSource } from '../../engine/cli/adapters.ts';
import { openFileSource } from '../../engine/cli/file-source.ts';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { Gpu } from '../../engine/gpu/gpu.ts';
import { type FitDevice, fitOf, readDevice } from '../../engine/runtime/fit.ts';
import { loadModel, readModel } from '../../engine/runtime/load-model.ts';
import { randomAdapter } from '../fidelity/random-adapter.ts';
import { randomModel } from '../fidelity/random-model.ts';

const webgpu = await openDawn();
const gpu = await Gpu.open(webgpu);
const { memory, adapter } = gpu;
const device = (): FitDevice => ({ ...gpu.memory, adapter });
afterEach(() => {
  gpu.memory = memory;
});

const shape = { layers: 2, width: 128, heads: 4, kvHeads: 2, headDim: 32, ffn: 256, context: 4096 };
const path = randomModel('fit', { architecture: 'llama', type: 'Q8_0', ...shape });
const source = await openFileSource(path);
const read = await readModel(source);
/** Of the file, uploaded at once: a load needs room for it, too. */
const CHUNK = 8 << 20;

test('an adapter tells all of it before it is opened', async () => {
  expect(await readDevice(webgpu)).toEqual(device());
});

test.each(['f16', 'q8'] as const)('estimate and load, a cache in %s', async (kvType) => {
  const { fit } = await fitOf(read, device(), { kvType });
  const model = await loadModel(gpu, source, { kvType });
  expect(Math.abs(fit.gpuBytes / gpu.allocatedBytes - 1)).toBeLessThan(0.01);
  expect(model.contextTokens).toBe(fit.contextTokens);
  model.release();
});

test('estimate and adapters that are attached, as long as there is room', async () => {
  // One product alone: each compiles.
  const random = { rank: 6, type: 'F16', gain: 0.3, of: /attn_output/ } as const;
  const attached = adapterSource(await randomAdapter('fit', path, random), 1);
  const alone = (await fitOf(read, device())).fit;
  const { fit } = await fitOf(read, device(), { adapters: [attached] });
  const model = await loadModel(gpu, source);
  const before = gpu.allocatedBytes;
  (await model.adapt([attached])).use();
  const after = gpu.allocatedBytes;
  expect(fit.gpuBytes - alone.gpuBytes).toBe(after - before);

  gpu.memory = { ...memory, budgetBytes: after + 1000 };
  await expect(model.adapt([attached, attached])).rejects.toMatchObject({
    code: 'out-of-memory',
    message: expect.stringMatching(/^There is too little GPU memory for "adapter-fit.gguf", "adapter-fit.gguf" beside/),
  });
  expect(gpu.allocatedBytes).toBe(after);
  model.release();
  expect(gpu.allocatedBytes).toBe(0);
});

test('a device with less memory gets the context that it was told', async () => {
  const whole = (await fitOf(read, device())).fit;
  const one = (await fitOf(read, { ...device(), budgetBytes: whole.gpuBytes - 1 + CHUNK })).fit;
  expect(one.gpuBytes).toBeLessThan(whole.gpuBytes);
  gpu.memory = { ...memory, budgetBytes: one.gpuBytes + CHUNK - 0.9e6 };
  const { fit } = await fitOf(read, device());
  expect(fit.verdict).toBe('tight');
  const model = await loadModel(gpu, source);
  expect(model.contextTokens).toBe(fit.contextTokens);
  expect(model.wantedContextTokens).toBe(whole.contextTokens);
  expect(Math.abs(fit.gpuBytes / gpu.allocatedBytes - 1)).toBeLessThan(0.01);
  model.release();
  expect(gpu.allocatedBytes).toBe(0);
});

test('what is told not to fit is refused by the load, for the same reason', async () => {
  gpu.memory = { ...memory, budgetBytes: 10e6 };
  const { fit } = await fitOf(read, device());
  expect(fit.verdict).toBe('wont-fit');
  await expect(loadModel(gpu, source)).rejects.toMatchObject({ code: 'out-of-memory' });
  expect(gpu.allocatedBytes).toBe(0);
});
