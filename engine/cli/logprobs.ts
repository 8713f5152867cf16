import { LocalLLMError } from '../protocol/errors.ts';
import { evaluate } from '../runtime/evaluate.ts';
import { type ModelOptions, print, withModel } from './with-model.ts';

export async function logprobs(
  path: string,
  options: ModelOptions & { prompt?: string; ids?: number[]; top: number; greedy: number; json?: boolean },
): Promise<void> {
  if (options.prompt === undefined && options.ids === undefined) {
    throw new LocalLLMError('bad-argument', 'Give --prompt or --ids.');
  }
  await withModel(path, options, async (model) => {
    const { tokenizer } = model;
    const ids = options.ids ?? tokenizer.encode(options.prompt ?? '', { special: true });
    const { top, greedy } = await evaluate(model, ids, options);
    const text = tokenizer.decode(
      greedy.map(({ id }) => id),
      { special: true },
    );
    const plain = greedy.map(({ id, text: piece, logprob }) => ({ id, text: piece, logprob }));
    if (options.json) return print(`${JSON.stringify({ ids, top, greedy: plain, text })}\n`);
    const line = (t: { id: number; text: string; logprob: number }) =>
      `${String(t.id).padStart(7)}  ${t.logprob.toFixed(4).padStart(9)}  ${JSON.stringify(t.text)}\n`;
    print(`${ids.length} tokens\n\nnext:\n${top.map(line).join('')}`);
    if (plain.length > 0) print(`\ngreedy:\n${plain.map(line).join('')}\n${text}\n`);
  });
}
