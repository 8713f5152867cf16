/**
 * Our engine in Node, on the adapter that the kernel tests use.
 *
 * @module
 */
import { openModelFiles } from '../../engine/cli/file-source.ts';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { Gpu } from '../../engine/gpu/gpu.ts';
import { createEngine } from '../../engine/runtime/create-engine.ts';
import type { Engine, LoadOptions } from '../../engine/runtime/engine.ts';
import { loadModel, type LoadedModel } from '../../engine/runtime/load-model.ts';
import { type Adapter, PORTABLE } from '../../shaders/kernel.ts';

let gpu: Promise<Gpu> | undefined;

function openGpu(): Promise<Gpu> {
  gpu ??= openDawn().then((dawn) => Gpu.open(dawn));
  return gpu;
}

/** As a real GPU with subgroups as small as the test adapter's and fast products in integers. */
export async function integerAdapter(): Promise<Adapter> {
  const { subgroupSize } = (await openGpu()).adapter;
  return { ...PORTABLE, subgroupSize, packedDot: true, integerDot: true };
}

/** The test adapter if it has subgroup matrices, which no software adapter has. */
export async function matrixAdapter(): Promise<Adapter | undefined> {
  const { adapter } = await openGpu();
  return adapter.subgroupMatrix ? adapter : undefined;
}

/**
 * A model for `evaluate` and `dumpTaps`. Models of one test file share a device. Products
 * are those in f32 unless {@link matrixAdapter} is given.
 * @param pretended of the adapter: with {@link PORTABLE} the kernels have the shapes for a real GPU also on a software adapter
 */
export async function openModel(
  path: string,
  options: LoadOptions = {},
  pretended: Partial<Pick<Gpu, 'adapter' | 'maxMatrixBytes'>> = {},
): Promise<LoadedModel> {
  const opened = await openGpu();
  const { adapter, maxMatrixBytes } = opened;
  Object.assign(opened, { adapter: { ...adapter, subgroupMatrix: false }, ...pretended });
  const files = await openModelFiles(path);
  try {
    return await loadModel(opened, files.parts, options);
  } finally {
    Object.assign(opened, { adapter, maxMatrixBytes });
    await files.close();
  }
}

/** An engine as a page has it, on a device of its own. */
export async function openEngine(path: string, options: LoadOptions = {}): Promise<Engine> {
  const engine = await createEngine({ gpu: await openDawn() });
  const files = await openModelFiles(path);
  try {
    await engine.load(files.parts, options);
  } finally {
    await files.close();
  }
  return engine;
}
