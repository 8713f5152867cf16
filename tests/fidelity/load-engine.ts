/**
 * Our engine in Node, on the adapter that the kernel tests use.
 *
 * @module
 */
import { openFileSource } from '../../engine/cli/file-source.ts';
import { Gpu } from '../../engine/gpu/gpu.ts';
import { createEngine } from '../../engine/runtime/create-engine.ts';
import type { Engine, LoadOptions } from '../../engine/runtime/engine.ts';
import { loadModel, type LoadedModel } from '../../engine/runtime/load-model.ts';
import { findAdapter } from '../../shaders/testing/device.ts';

/** What the engine needs of `navigator.gpu`. */
const webgpu = { requestAdapter: () => findAdapter() } as unknown as GPU;

let gpu: Promise<Gpu> | undefined;

/** A model for `evaluate` and `dumpTaps`. Models of one test file share a device. */
export async function openModel(path: string, options: LoadOptions = {}): Promise<LoadedModel> {
  gpu ??= Gpu.open(webgpu);
  const source = await openFileSource(path);
  try {
    return await loadModel(await gpu, source, options);
  } finally {
    await source.close();
  }
}

/** An engine as a page has it, on a device of its own. */
export async function openEngine(path: string, options: LoadOptions = {}): Promise<Engine> {
  const engine = await createEngine({ gpu: webgpu });
  const source = await openFileSource(path);
  try {
    await engine.load(source, options);
  } finally {
    await source.close();
  }
  return engine;
}
