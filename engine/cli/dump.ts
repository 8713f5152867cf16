import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dumpTaps } from '../runtime/evaluate.ts';
import { writeNpy } from './npy.ts';
import { type ModelOptions, print, withModel } from './with-model.ts';

export async function dump(path: string, options: ModelOptions & { prompt: string; out: string }): Promise<void> {
  await withModel(path, options, async (model) => {
    const ids = model.tokenizer.encode(options.prompt, { special: true });
    await mkdir(options.out, { recursive: true });
    const taps = await dumpTaps(model, ids);
    for (const { name, shape, data } of taps) {
      await writeFile(join(options.out, `${name}.npy`), writeNpy(shape, data));
    }
    print(`${taps.length} arrays of ${ids.length} tokens in ${options.out}\n`);
  });
}
