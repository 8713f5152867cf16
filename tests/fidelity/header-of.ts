/**
 * Headers of models of any size, without their weights.
 *
 * @module
 */
import { parseGguf, type TensorInfo } from '../../engine/gguf/parse.ts';
import { GGML_TYPES } from '../../engine/gguf/types.ts';
import { architectureOf } from '../../engine/arch/registry.ts';
import type { HeaderOfModel } from '../../engine/runtime/rehearsal.ts';
import { writeGguf } from '../gguf-writer.ts';
import { describeModel, type RandomModel } from './random-model.ts';

/** What a file of that model would say. */
export async function headerOf(model: RandomModel): Promise<HeaderOfModel> {
  const { metadata, tensors: described } = describeModel(model);
  const file = await parseGguf(new Blob([writeGguf({ metadata, tensors: [] })]));
  let offset = file.dataOffset;
  for (const { name, type, shape } of described) {
    const { blockElements, blockBytes } = GGML_TYPES[type];
    const elements = shape.reduce((product, length) => product * length, 1);
    const tensor: TensorInfo = {
      name,
      type,
      shape: [...shape],
      offset,
      bytes: (elements / blockElements) * blockBytes,
    };
    offset += tensor.bytes; // alignment is left out: a header's memory does not depend on it
    file.tensors.set(name, tensor);
  }
  const whole = { ...file, size: offset };
  const architecture = architectureOf(whole);
  return { file: whole, architecture, hp: architecture.hyperparameters(whole) };
}
