import { describe, expect, test } from 'vitest';
import { writeGguf, type WriterOptions, type WriterTensor } from '../../tests/gguf-writer.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { type AdapterFile, isAdapter, matchAdapter, MAX_RANK, readAdapter } from './adapter.ts';
import { parseGguf } from './parse.ts';

const FACTS = {
  'general.type': 'adapter',
  'general.architecture': 'llama',
  'adapter.type': 'lora',
  'adapter.lora.alpha': { type: 'float32', value: 8 },
} as const;
const pair = (name: string, cols: number, rows: number, rank = 4): WriterTensor[] => [
  { name: `${name}.lora_a`, type: 'F32', shape: [cols, rank] },
  { name: `${name}.lora_b`, type: 'F16', shape: [rank, rows] },
];
const [A, B] = pair('blk.0.attn_q.weight', 64, 96) as [WriterTensor, WriterTensor];
/** As the embedding's factors lie: A [rank, vocabulary], B [rank, width]. */
const EMBEDDING: WriterTensor[] = [
  { name: 'token_embd.weight.lora_a', type: 'F32', shape: [2, 300] },
  { name: 'token_embd.weight.lora_b', type: 'F32', shape: [2, 64] },
];

const open = (options: WriterOptions) => parseGguf(new Blob([writeGguf(options)]));
const read = async (
  tensors: readonly WriterTensor[],
  metadata: WriterOptions['metadata'] = FACTS,
): Promise<AdapterFile> => readAdapter(await open({ metadata, tensors }));
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof LocalLLMError ? { code: error.code, message: error.message } : undefined),
  );

const shapes: Record<string, number[]> = {
  'blk.0.attn_q.weight': [64, 96],
  'token_embd.weight': [64, 300],
  'blk.0.attn_norm.weight': [64],
  'blk.0.experts.weight': [64, 96, 2],
};
const MODEL = {
  architecture: 'llama',
  tensors: new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape }])),
};

test('a header tells its pairs, ranks and alpha', async () => {
  const adapter = await read([B, A, ...EMBEDDING]);
  expect(adapter).toMatchObject({ architecture: 'llama', alpha: 8 });
  expect([...adapter.pairs].map(([name, { rank, a, b }]) => [name, rank, a.type, b.type])).toEqual([
    ['blk.0.attn_q.weight', 4, 'F32', 'F16'],
    ['token_embd.weight', 2, 'F32', 'F32'],
  ]);
  matchAdapter(adapter, MODEL);
});

test('alpha may be missing, rank 1 may have one dimension fewer', async () => {
  const { 'adapter.lora.alpha': _, ...without } = FACTS;
  const tensors: WriterTensor[] = [
    { ...A, shape: [64] },
    { ...B, shape: [1, 96] },
  ];
  const adapter = await read(tensors, without);
  expect(adapter.alpha).toBe(0);
  matchAdapter(adapter, MODEL);
});

test('whether a file is an adapter', async () => {
  for (const [type, is] of [
    ['adapter', true],
    ['model', false],
    [1, false],
  ] as const) {
    expect(isAdapter(await open({ metadata: { 'general.type': type } }))).toBe(is);
  }
  expect(isAdapter(await open({}))).toBe(false);
});

const hostile: Record<string, [readonly WriterTensor[], WriterOptions['metadata'], string, RegExp]> = {
  'a model': [[A, B], { 'general.architecture': 'llama' }, 'bad-argument', /general.type is "model"/],
  'a control vector': [[A, B], { ...FACTS, 'adapter.type': 'control_vector' }, 'not-supported', /"control_vector"/],
  'an adapter of no type': [[A, B], { 'general.type': 'adapter' }, 'not-supported', /adapter.type is ""/],
  'no architecture': [
    [A, B],
    { 'general.type': 'adapter', 'adapter.type': 'lora' },
    'bad-file',
    /general.architecture/,
  ],
  'an activated adapter': [
    [A, B],
    { ...FACTS, 'adapter.alora.invocation_tokens': [1, 2] },
    'not-supported',
    /invocation_tokens/,
  ],
  'alpha that is no number': [
    [A, B],
    { ...FACTS, 'adapter.lora.alpha': { type: 'float32', value: Number.NaN } },
    'bad-file',
    /alpha is NaN/,
  ],
  'alpha that is text': [[A, B], { ...FACTS, 'adapter.lora.alpha': '8' }, 'bad-file', /alpha has type string/],
  'no tensors': [[], FACTS, 'bad-file', /no tensors/],
  'a tensor of another kind': [
    [A, B, { name: 'blk.0.attn_norm.weight', type: 'F32', shape: [64] }],
    FACTS,
    'not-supported',
    /"blk.0.attn_norm.weight" is neither/,
  ],
  'a name that is all suffix': [[{ ...A, name: '.lora_a' }], FACTS, 'not-supported', /"\.lora_a"/],
  'half a pair': [[A], FACTS, 'bad-file', /"blk.0.attn_q.weight.lora_b" is missing/],
  'the other half of a pair': [[B], FACTS, 'bad-file', /"blk.0.attn_q.weight.lora_a" is missing/],
  'quantized factors': [[{ ...A, type: 'Q4_0' }, B], FACTS, 'not-supported', /lora_a" is Q4_0; F32, F16, BF16, Q8_0/],
  'integer factors': [[A, { ...B, type: 'I32' }], FACTS, 'not-supported', /lora_b" is I32/],
  'ranks that differ': [[A, { ...B, shape: [5, 96] }], FACTS, 'bad-file', /different ranks, 4 and 5/],
  'a factor that is not transposed': [[{ ...A, shape: [4, 64] }, B], FACTS, 'bad-file', /different ranks, 64 and 4/],
  'three dimensions': [[{ ...A, shape: [64, 4, 2] }, B], FACTS, 'bad-file', /two dimensions/],
  'an enormous rank': [
    pair('blk.0.attn_q.weight', 1, 1, MAX_RANK + 1),
    FACTS,
    'not-supported',
    /rank 1025; the limit is 1024/,
  ],
};

test.each(Object.entries(hostile))('refuses %s', async (_, [tensors, metadata, code, message]) => {
  expect(await failure(read(tensors, metadata))).toEqual({ code, message: expect.stringMatching(message) });
});

const foreign: Record<string, [readonly WriterTensor[], RegExp, architecture?: string]> = {
  'another architecture': [[A, B], /"llama", the model's is "qwen2"/, 'qwen2'],
  'a tensor that is not there': [
    pair('blk.7.attn_q.weight', 64, 96),
    /"blk.7.attn_q.weight", which the model does not/,
  ],
  'other columns': [pair('blk.0.attn_q.weight', 32, 96), /as a matrix of \[32, 96\], the model's has \[64, 96\]/],
  'other rows': [pair('blk.0.attn_q.weight', 64, 97), /as a matrix of \[64, 97\]/],
  'a vector': [pair('blk.0.attn_norm.weight', 64, 2), /the model's has \[64\]/],
  'several matrices in one': [pair('blk.0.experts.weight', 64, 96), /the model's has \[64, 96, 2\]/],
  'the embedding the wrong way round': [
    [
      { ...EMBEDDING[0]!, shape: [2, 64] },
      { ...EMBEDDING[1]!, shape: [2, 300] },
    ],
    /"token_embd.weight" as a matrix of \[300, 64\]/,
  ],
};

describe('does not attach', () => {
  test.each(Object.entries(foreign))('%s', async (_, [tensors, message, architecture = 'llama']) => {
    const adapter = await read(tensors);
    const work = Promise.resolve().then(() => matchAdapter(adapter, { ...MODEL, architecture }));
    expect(await failure(work)).toEqual({ code: 'bad-argument', message: expect.stringMatching(message) });
  });
});
