import { LocalLLMError } from '../protocol/errors.ts';
import { evaluate } from '../runtime/evaluate.ts';
import { type ModelOptions, print, withModel } from './with-model.ts';

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Prefill of `pp` tokens and decode of `tg` more, each the median of `runs` after one warm-up. */
export async function bench(
  path: string,
  options: ModelOptions & { pp: number; tg: number; runs: number; json?: boolean },
): Promise<void> {
  const context = options.pp + options.tg + 1;
  await withModel(path, { ...options, context }, async (model, gpu) => {
    if (context > model.hp.contextTokens) {
      throw new LocalLLMError(
        'bad-argument',
        `--pp and --tg need a context of ${context} tokens; the model was trained for ${model.hp.contextTokens}.`,
      );
    }
    // Ids spread over the vocabulary: the embedding is read as a text would read it.
    const ids = Array.from({ length: options.pp }, (_, i) => (i * 7919) % model.hp.vocab);
    const prefill: number[] = [];
    const decode: number[] = [];
    for (let run = 0; run <= options.runs; run++) {
      const prefillMs = await time(() => evaluate(model, ids, { top: 1, greedy: 0 }));
      const bothMs = await time(() => evaluate(model, ids, { top: 1, greedy: options.tg + 1 }));
      if (run === 0) continue;
      prefill.push(options.pp / (prefillMs / 1000));
      decode.push(options.tg / ((bothMs - prefillMs) / 1000));
    }
    const result = {
      adapter: gpu.adapterName,
      promptTokens: options.pp,
      generatedTokens: options.tg,
      runs: options.runs,
      prefillTokensPerSecond: median(prefill),
      decodeTokensPerSecond: median(decode),
      gpuBytes: gpu.allocatedBytes,
    };
    if (options.json) return print(`${JSON.stringify(result)}\n`);
    print(
      `${result.adapter}\nprefill of ${options.pp}: ${result.prefillTokensPerSecond.toFixed(1)} tokens/s\n` +
        `decode of ${options.tg}: ${result.decodeTokensPerSecond.toFixed(1)} tokens/s\n`,
    );
  });
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
