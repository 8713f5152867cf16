/**
 * Opens file, GPU and model for a command, and closes them after it.
 *
 * @module
 */
import type { KvType } from '../../shaders/attention/kv-layout.ts';
import { openDawn } from '../gpu/dawn.ts';
import { Gpu } from '../gpu/gpu.ts';
import type { AdapterSource, LoadOptions } from '../runtime/engine.ts';
import { type LoadedModel, loadModel } from '../runtime/load-model.ts';
import { openModelFiles } from './file-source.ts';

export interface ModelOptions {
  context?: number;
  kv?: KvType;
  /** LoRA adapters, each with its scale. */
  lora?: readonly AdapterSource[];
}

export async function withModel<T>(
  path: string,
  options: ModelOptions,
  use: (model: LoadedModel, gpu: Gpu) => Promise<T>,
  profiling: { timestamps?: boolean } = {},
): Promise<T> {
  const files = await openModelFiles(path);
  try {
    const features = profiling.timestamps ? ['disable-dawn-features=timestamp_quantization'] : [];
    const gpu = await Gpu.open(await openDawn(features), profiling);
    const model = await loadModel(gpu, files.parts, loadOptions(options));
    try {
      return await use(model, gpu);
    } finally {
      model.release();
    }
  } finally {
    await files.close();
  }
}

export function loadOptions({ context, kv, lora }: ModelOptions): LoadOptions {
  // Who names a context wants that one, or to hear that it does not fit.
  const exactly = context === undefined ? {} : { contextTokens: context, minContextTokens: context };
  return {
    ...exactly,
    ...(kv === undefined ? {} : { kvType: kv }),
    ...(lora === undefined ? {} : { adapters: lora }),
  };
}

export function print(text: string): void {
  process.stdout.write(text);
}
