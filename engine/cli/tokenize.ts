import { parseGguf } from '../gguf/parse.ts';
import { createTokenizer } from '../tokenizer/tokenizer.ts';
import { openFileSource } from './file-source.ts';
import { print } from './with-model.ts';

export async function tokenize(
  path: string,
  options: { text: string; special: boolean; json?: boolean },
): Promise<void> {
  const source = await openFileSource(path);
  try {
    const tokenizer = createTokenizer((await parseGguf(source)).metadata);
    const ids = tokenizer.encode(options.text, { special: options.special });
    const pieces = ids.map((id) => tokenizer.piece(id));
    if (options.json) print(`${JSON.stringify({ ids, pieces })}\n`);
    else print(ids.map((id, i) => `${String(id).padStart(7)}  ${JSON.stringify(pieces[i])}\n`).join(''));
  } finally {
    await source.close();
  }
}
