/**
 * The whole engine on a file, in Node on Dawn, beside llama.cpp on the same file: runs take turns, caches are off, medians count.
 *
 * @module
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openModelFiles } from '../../engine/cli/file-source.ts';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { median } from '../../engine/gpu/stopwatch.ts';
import { createEngine } from '../../engine/runtime/create-engine.ts';
import type { LlamaReply, LlamaRequest } from './llama-cpp.ts';
import { type Case, casesFor, type Comparison, type ComparisonRow, type Measured, Ours } from './measured.ts';
import { Prompts } from './prompt.ts';

export interface EngineOptions {
  runs: number;
  contexts: readonly number[];
  prompt: number;
  tokens: number;
  peer: 'vulkan' | 'cuda' | 'none';
  /** Dawn's toggles. */
  dawn: readonly string[];
  say: (line: string) => void;
}

export async function compareWithLlamaCpp(path: string, options: EngineOptions): Promise<Comparison> {
  const files = await openModelFiles(path);
  const prompts = await Prompts.of(files.parts);
  const contexts = fitting(options.contexts, options.tokens, prompts);
  const contextTokens = Math.max(options.prompt, ...contexts) + options.tokens + SPARE_TOKENS;
  const llama = await LlamaProcess.start(path, contextTokens, options.peer);
  try {
    const engine = await createEngine({ gpu: await openDawn(options.dawn) });
    const start = performance.now();
    await engine.load(files.parts, { contextTokens });
    const loadMs = performance.now() - start;
    await engine.tune(new AbortController().signal);
    const runner = new Ours(engine, prompts);
    const rows: ComparisonRow[] = [];
    for (const one of casesFor(contexts, options.prompt, options.tokens)) {
      const measured = await compare(
        one,
        options.runs,
        () => runner.measure(one.promptTokens, one.tokens),
        llama && ((promptTokens) => llama.measure({ promptTokens, tokens: one.tokens })),
      );
      rows.push(...measured);
      for (const row of measured) options.say(describeRow(row));
    }
    const ours = { name: 'localLLM', adapter: engine.info()!.adapter, loadMs };
    await engine.unload();
    const bytes = (await stat(path)).size;
    return { model: basename(path, '.gguf'), bytes, ours, ...(llama ? { theirs: llama.facts } : {}), rows };
  } finally {
    llama?.stop();
    await files.close();
  }
}

/** Beside prompt and answer, for what templates and tokenizers add. */
export const SPARE_TOKENS = 8;

/** The contexts that the model was made for. */
export function fitting(contexts: readonly number[], tokens: number, { contextTokens }: Prompts): number[] {
  return contexts.filter((context) => context + tokens + SPARE_TOKENS <= contextTokens);
}

/** An idle GPU's clock rises only after work of this length. */
const WARM_UP_MS = 2000;

/** Warm-ups, then turn by turn. */
export async function compare(
  { figures }: Case,
  runs: number,
  ours: () => Promise<Measured>,
  theirs?: (promptTokens: number) => Promise<Measured>,
  warmUpMs = WARM_UP_MS,
): Promise<ComparisonRow[]> {
  const mine: Measured[] = [];
  const others: Measured[] = [];
  const start = performance.now();
  for (let run = 0; mine.length < runs; run++) {
    const measured = await ours();
    const other = await theirs?.(measured.promptTokens);
    if (run === 0 || performance.now() - start < warmUpMs) continue;
    mine.push(measured);
    if (other) others.push(other);
  }
  return figures.map(({ name, unit, of }): ComparisonRow => {
    const samples = { ours: mine.map(of), theirs: others.map(of) };
    const own = median(samples.ours);
    if (!theirs) return { name, unit, ours: own, samples };
    const other = median(samples.theirs);
    return { name, unit, ours: own, theirs: other, ratio: unit === 'ms' ? other / own : own / other, samples };
  });
}

export function describeRow({ name, unit, ours, theirs, ratio }: ComparisonRow): string {
  const figure = (value: number) => value.toFixed(value < 100 ? 1 : 0).padStart(9);
  const other = theirs === undefined ? '' : `  theirs ${figure(theirs)} ${unit}  ratio ${ratio!.toFixed(2)}`;
  return `${name.padEnd(24)} ours ${figure(ours)} ${unit}${other}`;
}

class LlamaProcess {
  readonly facts: { name: string; on: string; loadMs: number };
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, facts: LlamaProcess['facts']) {
    this.#child = child;
    this.facts = facts;
  }

  static async start(
    path: string,
    contextTokens: number,
    gpu: EngineOptions['peer'],
  ): Promise<LlamaProcess | undefined> {
    if (gpu === 'none') return undefined;
    const child = fork(join(import.meta.dirname, 'llama-cpp.ts'));
    const reply = await ask(child, { do: 'open', path, contextTokens, gpu });
    if (!('opened' in reply)) throw new Error('llama.cpp did not open the file.');
    return new LlamaProcess(child, reply.opened);
  }

  async measure(request: { promptTokens: number; tokens: number }): Promise<Measured> {
    const reply = await ask(this.#child, { do: 'measure', ...request });
    if (!('measured' in reply)) throw new Error('llama.cpp measured nothing.');
    return reply.measured;
  }

  stop(): void {
    this.#child.disconnect();
  }
}

async function ask(child: ChildProcess, request: LlamaRequest): Promise<LlamaReply> {
  const stop = new AbortController();
  const { signal } = stop;
  const died = once(child, 'exit', { signal }).then(([code]) => ({
    error: `its process ended with code ${String(code)}`,
  }));
  died.catch(() => {});
  const answered = once(child, 'message', { signal }).then(([message]) => message as LlamaReply);
  answered.catch(() => {});
  child.send(request);
  const reply = await Promise.race([answered, died]);
  stop.abort();
  if ('error' in reply) throw new Error(`llama.cpp failed: ${reply.error}`);
  return reply;
}
