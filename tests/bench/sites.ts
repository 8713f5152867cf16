/**
 * Several sites that decode at once on one copy of the weights: the tokens that all get together, beside what one gets alone.
 *
 * @module
 */
import { basename } from 'node:path';
import { PAGE } from '../../shaders/attention/kv-layout.ts';
import { openModelFiles } from '../../engine/cli/file-source.ts';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { median } from '../../engine/gpu/stopwatch.ts';
import { createEngine } from '../../engine/runtime/create-engine.ts';
import type { Engine } from '../../engine/runtime/engine.ts';
import { readModel } from '../../engine/runtime/load-model.ts';
import { Prompts } from './prompt.ts';

/** Sites at once. The last against the first is the ratio that counts. */
const COUNTS = [1, 2, 4, 8];

export interface SitesRow {
  sites: number;
  /** Of all sites together, after their first tokens. */
  tokensPerSecond: number;
  /** To one site alone. */
  ratio: number;
  samples: number[];
}
export interface Sites {
  model: string;
  adapter: string;
  promptTokens: number;
  tokens: number;
  rows: SitesRow[];
}

export interface SitesOptions {
  prompt: number;
  tokens: number;
  runs: number;
  dawn: readonly string[];
  say: (line: string) => void;
}

/** Numbers of sites take turns; medians count. */
export async function measureSites(path: string, { prompt, tokens, runs, dawn, say }: SitesOptions): Promise<Sites> {
  const files = await openModelFiles(path);
  try {
    const prompts = await Prompts.of(files.parts);
    const engine = await createEngine({ gpu: await openDawn(dawn) });
    const { hp } = await readModel(files.parts);
    // Room for all of them: the cache holds at least one context.
    const contextTokens = Math.min(hp.contextTokens, Math.max(...COUNTS) * (prompt + tokens + PAGE));
    await engine.load(files.parts, { contextTokens });
    await engine.tune(new AbortController().signal);
    const samples = COUNTS.map((): number[] => []);
    for (let run = 0; run <= runs; run++) {
      for (const [i, count] of COUNTS.entries()) {
        const together = await decodeTogether(engine, prompts, count, prompt, tokens);
        if (run > 0) samples[i]!.push(together); // the first is the warm-up
      }
    }
    const one = median(samples[0]!);
    const rows = COUNTS.map((sites, i): SitesRow => {
      const tokensPerSecond = median(samples[i]!);
      return { sites, tokensPerSecond, ratio: tokensPerSecond / one, samples: samples[i]! };
    });
    for (const row of rows) say(describeSites(row));
    const { adapter } = engine.info()!;
    await engine.unload();
    return { model: basename(path, '.gguf'), adapter, promptTokens: prompt, tokens, rows };
  } finally {
    await files.close();
  }
}

export function describeSites({ sites, tokensPerSecond, ratio }: SitesRow): string {
  const each = tokensPerSecond / sites;
  return `${sites} at once: ${tokensPerSecond.toFixed(1)} tokens/s together, ${each.toFixed(1)} each, ${ratio.toFixed(2)} × one alone`;
}

/** Tokens a second of `count` sites together, from their first tokens to their last. Prompts are computed before that. */
async function decodeTogether(
  engine: Engine,
  prompts: Prompts,
  count: number,
  promptTokens: number,
  tokens: number,
): Promise<number> {
  const requests = Array.from({ length: count }, () => ({
    input: prompts.next(promptTokens),
    // The ends of answers are ruled out: all go on to the last token.
    options: {
      raw: true,
      temperature: 0,
      maxTokens: tokens,
      logitBias: Object.fromEntries(prompts.endIds.map((id) => [id, -1e6])),
    },
    owner: crypto.randomUUID(),
    priority: 1,
    signal: new AbortController().signal,
    onDelta: () => {},
  }));
  for (const request of requests) await engine.prefill(request);
  const startMs = performance.now();
  const answers = await Promise.all(
    requests.map(async (request) => {
      const { usage, timing } = await engine.generate(request);
      if (usage.completionTokens !== tokens) throw new Error(`An answer ended after ${usage.completionTokens} tokens.`);
      return { firstMs: startMs + timing.ttftMs, endMs: performance.now() };
    }),
  );
  const firstMs = Math.max(...answers.map((answer) => answer.firstMs));
  const endMs = Math.max(...answers.map((answer) => answer.endMs));
  return (count * (tokens - 1)) / ((endMs - firstMs) / 1000);
}
