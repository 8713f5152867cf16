// The search for the best shapes of kernels, on an engine that takes the software adapter for a GPU.
import { afterEach, expect, test, vi } from 'vitest';
import { openFileSource } from '../../engine/cli/file-source.ts';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { createEngine } from '../../engine/runtime/create-engine.ts';
import type { Engine, LoadOptions } from '../../engine/runtime/engine.ts';
import { productName, shapeName, vecShapes } from '../../shaders/matmul/matmul.kernel.ts';
import { PORTABLE } from '../../shaders/kernel.ts';
import { randomModel } from '../fidelity/random-model.ts';

const PATH = randomModel('tune', {
  architecture: 'llama',
  type: 'F32',
  layers: 2,
  width: 64,
  heads: 2,
  kvHeads: 1,
  headDim: 32,
  ffn: 128,
});
const DOWN = { type: 'F32', epilogue: 'store', rows: 64, cols: 128 } as const;
const never = new AbortController().signal;

const engines: Engine[] = [];
afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.unload())));

/** `vendor`: by which kernels are chosen. */
async function load(vendor: string, options: LoadOptions = {}): Promise<Engine> {
  const dawn = await openDawn();
  const { wgslLanguageFeatures } = dawn;
  const requestAdapter = async (wanted?: GPURequestAdapterOptions) => {
    const adapter = (await dawn.requestAdapter(wanted))!;
    const { limits, features } = adapter;
    const { subgroupMinSize, subgroupMaxSize } = adapter.info;
    const info = {
      vendor,
      architecture: '',
      description: '',
      isFallbackAdapter: false,
      subgroupMinSize,
      subgroupMaxSize,
    };
    return { limits, features, info, requestDevice: (d: GPUDeviceDescriptor) => adapter.requestDevice(d) };
  };
  const engine = await createEngine({ gpu: { wgslLanguageFeatures, requestAdapter } as unknown as GPU });
  engines.push(engine);
  const source = await openFileSource(PATH);
  await engine.load(source, options).finally(() => void source.close());
  return engine;
}

const answer = async (engine: Engine): Promise<string> => {
  const options = { raw: true, maxTokens: 12, temperature: 0, logitBias: { 261: -1e6 } };
  const { text } = await engine.generate({
    input: 'bcd',
    options,
    owner: 'me',
    priority: 1,
    signal: never,
    onDelta: () => {},
  });
  return text;
};

test('every product gets one of its shapes, answers stay as they are, and the next load knows them', async () => {
  const engine = await load('some gpu');
  const before = await answer(engine);
  const answering = answer(engine); // has its turn between measurements
  const shapes = await engine.tune(never);
  expect(await answering).toBe(before);
  expect(await answer(engine)).toBe(before);
  expect(Object.keys(shapes)).toHaveLength(5); // qkv, output, gate and up, down, head
  expect(vecShapes({ ...DOWN, adapter: { ...PORTABLE } }).map(shapeName)).toContain(shapes[productName(DOWN)]);

  const wanted = vi.fn(() => shapes);
  const again = await load('some gpu', { shapes: wanted });
  expect(wanted).toHaveBeenCalledWith('some gpu');
  const measured = vi.spyOn(performance, 'now');
  expect(await again.tune(never)).toEqual(shapes);
  expect(measured).not.toHaveBeenCalled();
  expect(await answer(again)).toBe(before);
});
