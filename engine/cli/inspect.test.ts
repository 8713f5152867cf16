import { expect, test } from 'vitest';
import { describeExamination } from './inspect.ts';

const BYTES = 4_368_439_584;
const FACTS = {
  version: 3,
  name: 'Seven',
  architecture: 'llama',
  parameters: 7_241_732_096,
  bitsPerWeight: 4.8257,
  types: [
    { type: 'Q4_K', tensors: 193, bytes: 3_500_000_000, share: 0.8 },
    { type: 'Q6_K', tensors: 33, bytes: 867_374_880, share: 0.199 },
    { type: 'F32', tensors: 1, bytes: 1_064_704, share: 0.0002 },
  ],
  contextTokens: 32768,
  tokenizer: { model: 'llama', tokens: 32000 },
  template: { family: 'Mistral', tools: true, thinking: true },
  metadata: { 'general.name': 'Seven', 'tokenizer.ggml.tokens': '[32000 values]', note: `a\nb${'c'.repeat(120)}` },
} as const;
const facts = { ...FACTS, types: [...FACTS.types] };

test('a model that runs', () => {
  const memory = {
    weights: 4_400_000_000,
    kvCache: 536_870_912,
    work: 80_000_000,
    total: 5_016_870_912,
    contextTokens: 4096,
    kvType: 'f16',
    contexts: 1,
  } as const;
  const refused = { verdict: 'wont-fit', contextTokens: 0, gpuBytes: 5e9, systemBytes: 2e7, basis: 'header' } as const;
  const phone = { ...refused, reasons: ['Too large.'] };
  const examination = { supported: true, problems: [], bytes: BYTES, parts: 2, facts, memory, phone };
  expect(describeExamination('seven.gguf', examination)).toBe(`seven.gguf
GGUF v3, 4.4 GB in 2 files

Model       Seven, architecture llama
Parameters  7.24 billion, 4.83 bits each
Types       Q4_K 80 % (193 tensors, 3.5 GB), Q6_K 20 % (33 tensors, 867 MB), F32 0.0 % (1 tensor, 1.1 MB)
Context     32768 tokens
Tokenizer   llama (SPM), 32000 tokens
Template    Mistral, with tools and thinking
Memory      5.0 GB of the GPU at a context of 4096 tokens
            4.4 GB weights, 537 MB KV cache (f16), 80.0 MB work buffers
On a phone  Too large.

  general.name: Seven
  tokenizer.ggml.tokens: [32000 values]
  note: a⏎b${'c'.repeat(97)}…

Supported.
`);
});

test('one that does not, and a file that is none', () => {
  const problems = ['One.', 'Two.'];
  const text = describeExamination('a.gguf', { supported: false, problems, bytes: 10, parts: 1, facts });
  expect(text.endsWith('\n\nNot supported:\n- One.\n- Two.\n')).toBe(true);
  expect(text).not.toContain('Memory');
  expect(describeExamination('b.bin', { supported: false, problems: ['No.'], bytes: 10, parts: 1 })).toBe(
    'b.bin\n10 B\n\nNot supported: No.\n',
  );
});
