// What a rehearsal says of a model's memory is what a load then takes, to the byte.
import { expect, test } from 'vitest';
import { openFileSource } from '../../engine/cli/file-source.ts';
import { PORTABLE } from '../../shaders/kernel.ts';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { Gpu } from '../../engine/gpu/gpu.ts';
import { loadModel, loadSize, readModel } from '../../engine/runtime/load-model.ts';
import { rehearseLoad } from '../../engine/runtime/rehearsal.ts';
import { randomModel } from '../fidelity/random-model.ts';

const gpu = await Gpu.open(await openDawn());
gpu.adapter = PORTABLE; // whose kernels the rehearsal counts for

test.each(['f16', 'f32', 'q8'] as const)('a cache in %s', async (kvType) => {
  const shape = { layers: 2, width: 128, heads: 4, kvHeads: 2, headDim: 32, ffn: 256 };
  const source = await openFileSource(
    randomModel('rehearsal', { architecture: 'llama', type: 'Q8_0', ...shape, ropeFactors: 'one' }),
  );
  try {
    const options = { contextTokens: 200, kvType };
    const read = await readModel(source);
    const { problems, memory } = await rehearseLoad(read, loadSize(read.hp, options));
    expect(problems).toEqual([]);
    const model = await loadModel(gpu, source, options);
    expect(memory!.total).toBe(gpu.allocatedBytes);
    expect(memory!.weights + memory!.kvCache + memory!.work).toBe(memory!.total);
    model.release();
    expect(gpu.allocatedBytes).toBe(0);
  } finally {
    await source.close();
  }
});
