import { formatBytes } from '../gpu/gpu.ts';
import { architectureOf } from '../arch/registry.ts';
import { type GgufFile, parseGguf } from '../gguf/parse.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { estimateMemory, type MemoryEstimate } from '../runtime/estimate.ts';
import { defaultContext } from '../runtime/load-model.ts';
import { createTokenizer } from '../tokenizer/tokenizer.ts';
import { openFileSource } from './file-source.ts';
import { print } from './with-model.ts';

interface Verdict {
  supported: boolean;
  reason?: string;
  contextTokens?: number;
  memory?: MemoryEstimate;
}

/** Exit code 1 for a file that is refused. */
export async function inspect(path: string, options: { context?: number; json?: boolean }): Promise<void> {
  const source = await openFileSource(path);
  try {
    let file: GgufFile | undefined;
    let verdict: Verdict;
    try {
      file = await parseGguf(source);
      verdict = judge(file, options.context);
    } catch (error) {
      const failure = LocalLLMError.from(error);
      if (failure.code !== 'bad-file' && failure.code !== 'not-supported') throw failure;
      verdict = { supported: false, reason: failure.message };
    }
    const tensors = file ? tensorsByType(file) : {};
    const about = file ? { version: file.version, bytes: file.size, ...describe(file), tensors } : {};
    if (options.json) print(`${JSON.stringify({ ...verdict, ...about })}\n`);
    else printReport(path, file, verdict);
    if (!verdict.supported) process.exitCode = 1;
  } finally {
    await source.close();
  }
}

function judge(file: GgufFile, context: number | undefined): Verdict {
  const architecture = architectureOf(file);
  const hp = architecture.hyperparameters(file);
  createTokenizer(file.metadata);
  const contextTokens = context ?? defaultContext(hp);
  return { supported: true, contextTokens, memory: estimateMemory(file, architecture, hp, contextTokens) };
}

function describe({ metadata }: GgufFile) {
  return {
    metadata: Object.fromEntries(
      [...metadata.entries()].map(([key, { value }]) => {
        if (typeof value === 'object') return [key, `[${value.length} values]`];
        return [key, typeof value === 'bigint' ? value.toString() : value];
      }),
    ),
  };
}

function tensorsByType(file: GgufFile): Record<string, { count: number; bytes: number }> {
  const types: Record<string, { count: number; bytes: number }> = {};
  for (const { type, bytes } of file.tensors.values()) {
    const entry = (types[type] ??= { count: 0, bytes: 0 });
    entry.count++;
    entry.bytes += bytes;
  }
  return types;
}

function printReport(path: string, file: GgufFile | undefined, verdict: Verdict): void {
  print(`${path}\n`);
  if (file) {
    print(`GGUF v${file.version}, ${formatBytes(file.size)}, ${file.tensors.size} tensors\n\n`);
    for (const [key, value] of Object.entries(describe(file).metadata)) {
      const text = String(value).replaceAll('\n', '⏎');
      print(`  ${key}: ${text.length > 100 ? `${text.slice(0, 100)}…` : text}\n`);
    }
    print('\n');
    for (const [type, { count, bytes }] of Object.entries(tensorsByType(file))) {
      print(`  ${type}: ${count} tensors, ${formatBytes(bytes)}\n`);
    }
    print('\n');
  }
  if (verdict.memory) {
    const { weights, kvCache } = verdict.memory;
    print(
      `Needs ${formatBytes(weights)} for weights and ${formatBytes(kvCache)} for the KV cache at a context of ${verdict.contextTokens}.\n`,
    );
  }
  print(verdict.supported ? 'Supported.\n' : `Not supported: ${verdict.reason}\n`);
}
