import { openModel } from '../gguf/split.ts';
import { createTokenizer } from '../tokenizer/tokenizer.ts';
import { openModelFiles } from './file-source.ts';
import { print } from './with-model.ts';

export async function tokenize(
  path: string,
  options: { text: string; special: boolean; json?: boolean },
): Promise<void> {
  const files = await openModelFiles(path);
  try {
    const tokenizer = createTokenizer((await openModel(files.parts)).file.metadata);
    const ids = tokenizer.encode(options.text, { special: options.special });
    const pieces = ids.map((id) => tokenizer.piece(id));
    if (options.json) print(`${JSON.stringify({ ids, pieces })}\n`);
    else print(ids.map((id, i) => `${String(id).padStart(7)}  ${JSON.stringify(pieces[i])}\n`).join(''));
  } finally {
    await files.close();
  }
}
