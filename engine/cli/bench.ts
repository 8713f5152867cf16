import { openDawn } from '../gpu/dawn.ts';
import { median } from '../gpu/stopwatch.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { createEngine } from '../runtime/create-engine.ts';
import { readModel } from '../runtime/load-model.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { openModelFiles } from './file-source.ts';
import { loadOptions, type ModelOptions, print } from './with-model.ts';

/** Prefill of `pp` tokens and decode of `tg` more, as a request has them: each the median of `runs` after one warm-up. */
export async function bench(
  path: string,
  options: ModelOptions & { pp: number; tg: number; runs: number; json?: boolean },
): Promise<void> {
  const files = await openModelFiles(path);
  try {
    const { tokenizer, hp } = await readModel(files.parts);
    const context = options.pp + options.tg + 1;
    if (context > hp.contextTokens) {
      throw new LocalLLMError(
        'bad-argument',
        `--pp and --tg need a context of ${context} tokens; the model was trained for ${hp.contextTokens}.`,
      );
    }
    const engine = await createEngine({ gpu: await openDawn() });
    await engine.load(files.parts, loadOptions({ ...options, context }));
    await engine.tune(new AbortController().signal);
    const prefill: number[] = [];
    const decode: number[] = [];
    for (let run = 0; run <= options.runs; run++) {
      const { usage, timing } = await engine.generate({
        input: promptOf(tokenizer, options.pp, run),
        options: {
          raw: true,
          temperature: 0,
          maxTokens: options.tg + 1,
          logitBias: Object.fromEntries([...tokenizer.eogIds].map((id) => [id, -1e9])), // no answer ends early
        },
        owner: `run ${run}`, // whose cache nobody shares
        priority: 0,
        signal: new AbortController().signal,
        onDelta: () => {},
      });
      if (run === 0) continue;
      prefill.push(usage.promptTokens / (timing.ttftMs / 1000));
      decode.push(timing.tokensPerSecond);
    }
    const { adapter, gpuBytes } = engine.info()!;
    await engine.unload();
    const result = {
      adapter,
      promptTokens: options.pp,
      generatedTokens: options.tg,
      runs: options.runs,
      prefillTokensPerSecond: median(prefill),
      decodeTokensPerSecond: median(decode),
      gpuBytes,
    };
    if (options.json) return print(`${JSON.stringify(result)}\n`);
    print(
      `${result.adapter}\nprefill of ${options.pp}: ${result.prefillTokensPerSecond.toFixed(1)} tokens/s\n` +
        `decode of ${options.tg}: ${result.decodeTokensPerSecond.toFixed(1)} tokens/s\n`,
    );
  } finally {
    await files.close();
  }
}

/** Text of at most `tokens` tokens and nearly as many, another one in each run. */
function promptOf(tokenizer: Tokenizer, tokens: number, run: number): string {
  const words = Array.from({ length: tokens }, (_, i) => ((i * 7919 + run) % 9973).toString(36)).join(' ');
  let [low, high] = [1, words.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (tokenizer.encode(words.slice(0, middle)).length <= tokens) low = middle;
    else high = middle - 1;
  }
  return words.slice(0, low);
}
