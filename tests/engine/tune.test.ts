// The search for the best shapes of kernels, on an engine that takes the software adapter for a GPU.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openFileSource } from '../../engine/cli/file-source.ts';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { createEngine } from '../../engine/runtime/create-engine.ts';
import type { Engine, LoadOptions } from '../../engine/runtime/engine.ts';
import { productName, vecShapes } from '../../shaders/matmul/matmul.kernel.ts';
import { shapeName } from '../../shaders/matmul/vec-shape.ts';
import { PORTABLE } from '../../shaders/kernel.ts';
import { randomModel } from '../fidelity/random-model.ts';

const PATH = randomModel('tune', {
  architecture: 'llama',
  type: 'F32',
  layers: 2,
  width: 32, // of short rows there are few shapes
  heads: 1,
  kvHeads: 1,
  headDim: 32,
  ffn: 64,
});
const DOWN = { type: 'F32', epilogue: 'store', rows: 32, cols: 64 } as const;
const never = new AbortController().signal;

let engine: Engine;
beforeAll(async () => {
  const dawn = await openDawn();
  const { wgslLanguageFeatures } = dawn;
  const requestAdapter = async (wanted?: GPURequestAdapterOptions) => {
    const adapter = (await dawn.requestAdapter(wanted))!;
    const { limits, features } = adapter;
    const { subgroupMinSize, subgroupMaxSize } = adapter.info;
    const names = { vendor: 'some gpu', architecture: '', description: '', isFallbackAdapter: false };
    const info = { ...names, subgroupMinSize, subgroupMaxSize };
    return { limits, features, info, requestDevice: (d: GPUDeviceDescriptor) => adapter.requestDevice(d) };
  };
  engine = await createEngine({ gpu: { wgslLanguageFeatures, requestAdapter } as unknown as GPU });
});
afterAll(() => engine.unload());

async function load(options: LoadOptions = {}): Promise<void> {
  const source = await openFileSource(PATH);
  await engine.load(source, options).finally(() => void source.close());
}

const answer = async (): Promise<string> => {
  const options = { raw: true, maxTokens: 12, temperature: 0, logitBias: { 261: -1e6 } };
  const request = { input: 'bcd', options, owner: 'me', priority: 1, signal: never, onDelta: () => {} };
  return (await engine.generate(request)).text;
};

test('every product gets one of its shapes, answers stay as they are, and a load takes what was found before', async () => {
  await load();
  const before = await answer();
  const answering = answer(); // has its turn between measurements
  const shapes = await engine.tune(never);
  expect(await answering).toBe(before);
  expect(await answer()).toBe(before);
  expect(Object.keys(shapes)).toHaveLength(5); // qkv, output, gate and up, down, head
  const possible = vecShapes({ ...DOWN, adapter: { ...PORTABLE } }).map(shapeName);
  expect(possible).toContain(shapes[productName(DOWN)]);

  const another = possible.find((shape) => shape !== shapes[productName(DOWN)])!;
  const kept = { ...shapes, [productName(DOWN)]: another };
  const asked = vi.fn(() => kept);
  await load({ shapes: asked });
  expect(asked).toHaveBeenCalledWith('some gpu');
  const measured = vi.spyOn(performance, 'now');
  expect(await engine.tune(never)).toEqual(kept);
  expect(measured).not.toHaveBeenCalled();
  expect(await answer()).toBe(before);
});

test('a shape that the kernels do not know is measured again, and a search that is ended leaves the rest open', async () => {
  await load({ shapes: () => ({ [productName(DOWN)]: 'of another version' }) });
  const before = await answer();
  expect((await engine.tune(AbortSignal.abort()))[productName(DOWN)]).toBe('of another version');
  const tuning = engine.tune(never);
  await load(); // what the model is loaded anew for ends it
  await tuning;
  const shapes = await engine.tune(never);
  expect(vecShapes({ ...DOWN, adapter: { ...PORTABLE } }).map(shapeName)).toContain(shapes[productName(DOWN)]);
  expect(await answer()).toBe(before);
});
