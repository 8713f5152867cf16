import type { KvType } from '../../shaders/attention/kv-layout.ts';
import { formatBytes } from '../gpu/memory.ts';
import { examine, type Examination } from './examine.ts';
import { openModelFiles } from './file-source.ts';
import type { ModelFacts } from './model-facts.ts';
import { print } from './with-model.ts';

/** Exit code 1 for a file that is refused. */
export async function inspect(path: string, options: { context?: number; kv?: KvType; json?: boolean }): Promise<void> {
  const { context, kv, json } = options;
  const files = await openModelFiles(path);
  try {
    const examination = await examine(files.parts, {
      ...(context === undefined ? {} : { contextTokens: context }),
      ...(kv === undefined ? {} : { kvType: kv }),
    });
    print(json ? `${JSON.stringify(examination)}\n` : describeExamination(path, examination));
    if (!examination.supported) process.exitCode = 1;
  } finally {
    await files.close();
  }
}

/** For people: what it is, what it needs, the verdict last. */
export function describeExamination(path: string, examination: Examination): string {
  const { facts, bytes, parts, problems, supported } = examination;
  const files = parts > 1 ? ` in ${parts} files` : '';
  const format = facts ? `GGUF v${facts.version}, ` : '';
  const lines = [path, `${format}${formatBytes(bytes)}${files}`];
  if (facts) {
    lines.push('', ...summary(facts, examination), '');
    for (const [key, value] of Object.entries(facts.metadata)) lines.push(`  ${key}: ${short(String(value))}`);
  }
  lines.push('');
  if (supported) lines.push('Supported.');
  else if (problems.length === 1) lines.push(`Not supported: ${problems[0]}`);
  else lines.push('Not supported:', ...problems.map((problem) => `- ${problem}`));
  return `${lines.join('\n')}\n`;
}

function summary(facts: ModelFacts, { memory, phone }: Examination): string[] {
  const { tokenizer, template, part } = facts;
  const alone = part ? ` (of part ${part.number} of ${part.count} alone)` : '';
  const knows = [template.tools && 'tools', template.thinking && 'thinking'].filter((trait) => trait !== false);
  const rows: [string, string][] = [
    ['Model', `${facts.name ?? 'without a name'}, architecture ${facts.architecture ?? 'not named'}`],
    [
      'Parameters',
      facts.parameters === 0
        ? 'none'
        : `${formatCount(facts.parameters)}, ${facts.bitsPerWeight.toFixed(2)} bits each${alone}`,
    ],
    ['Types', facts.types.map(describeType).join(', ') || 'no tensors'],
    ['Context', facts.contextTokens === undefined ? 'not named' : `${facts.contextTokens} tokens`],
    ['Tokenizer', describeTokenizer(tokenizer)],
    ['Template', template.family + (knows.length > 0 ? `, with ${knows.join(' and ')}` : '')],
  ];
  if (memory) rows.push(...describeMemory(memory));
  if (phone)
    rows.push(['On a phone', phone.reasons.join(' ') || `fits, at a context of ${phone.contextTokens} tokens`]);
  return rows.map(([title, text]) => `${title.padEnd(11)} ${short(text, 200)}`);
}

const describeType = ({ type, share, tensors, bytes }: ModelFacts['types'][number]) =>
  `${type} ${(share * 100).toFixed(share < 0.01 ? 1 : 0)} % (${tensors} ${tensors === 1 ? 'tensor' : 'tensors'}, ${formatBytes(bytes)})`;

function describeTokenizer({ model, pre, tokens }: ModelFacts['tokenizer']): string {
  if (model === undefined) return 'none';
  const kinds: Record<string, string> = { gpt2: 'byte-level BPE', llama: 'SPM', bert: 'WPM', gemma4: 'BPE' };
  const kind = Object.hasOwn(kinds, model) ? ` (${kinds[model]})` : '';
  return `${model}${kind}${pre === undefined ? '' : `, pre-tokenizer ${pre}`}, ${tokens ?? 0} tokens`;
}

function describeMemory(memory: NonNullable<Examination['memory']>): [string, string][] {
  const { weights, kvCache, work, total, contextTokens, kvType, contexts } = memory;
  const room = contexts > 1 ? `, room for ${contexts} of them` : '';
  return [
    ['Memory', `${formatBytes(total)} of the GPU at a context of ${contextTokens} tokens`],
    [
      '',
      `${formatBytes(weights)} weights, ${formatBytes(kvCache)} KV cache (${kvType}${room}), ${formatBytes(work)} work buffers`,
    ],
  ];
}

function formatCount(count: number): string {
  const units = ['', ' thousand', ' million', ' billion'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(count, 1)) / 3));
  const value = count / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 2 : 1)}${units[power]}`;
}

function short(text: string, limit = 100): string {
  const line = text.replaceAll('\n', '⏎');
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}
