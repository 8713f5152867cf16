import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { randomModel } from '../../tests/fidelity/random-model.ts';
import { POCKET } from '../../tests/fidelity/pocket.ts';
import { rewritten } from '../../tests/fidelity/twin.ts';
import { type WriterOptions, type WriterTensor, type WriterValue, writeGguf } from '../../tests/gguf-writer.ts';
import { parseGguf } from '../gguf/parse.ts';
import { blobSource } from '../gguf/source.ts';
import { readModel } from '../runtime/load-model.ts';
import { examine } from './examine.ts';

const SMALL = readFileSync(
  randomModel('examine', {
    architecture: 'llama',
    type: 'Q8_0',
    layers: 2,
    width: 64,
    heads: 2,
    kvHeads: 1,
    headDim: 32,
    ffn: 96,
  }),
);
const small = await parseGguf(new Blob([SMALL]));
const KEYS = Object.fromEntries(
  [...small.metadata.entries()].map(([key, value]): [string, WriterValue] => [key, rewritten(value)]),
);
const TENSORS = [...small.tensors.values()].map(({ name, type, shape }): WriterTensor => ({ name, type, shape }));

/** The small model with changes, its weights zeros. */
const changed = (metadata: Record<string, WriterValue>, tensors = TENSORS, options: Partial<WriterOptions> = {}) =>
  writeGguf({ metadata: { ...KEYS, ...metadata }, tensors, ...options });
const look = (bytes: Uint8Array<ArrayBuffer>, options = {}) => examine([blobSource(new Blob([bytes]))], options);
const asType = (type: WriterTensor['type'], pattern: RegExp) =>
  TENSORS.map((tensor): WriterTensor => (pattern.test(tensor.name) ? { ...tensor, type } : tensor));

describe('a model that runs', () => {
  test('is described, with what it needs', async () => {
    const found = await look(changed({}), { contextTokens: 128, kvType: 'f32' });
    expect(found).toMatchObject({ supported: true, problems: [], parts: 1 });
    expect(found.phone).toMatchObject({ verdict: 'fits', contextTokens: 128, gpuBytes: found.memory!.total });
    const { types, parameters, bitsPerWeight, tokenizer, template, contextTokens } = found.facts!;
    expect(types.map(({ type, tensors }) => [type, tensors])).toEqual([
      ['Q8_0', 16],
      ['F32', 5],
    ]);
    expect(types[0]!.share + types[1]!.share).toBeCloseTo(1);
    const elements = [...small.tensors.values()].map(({ shape }) => shape.reduce((a, b) => a * b, 1));
    expect(parameters).toBe(elements.reduce((a, b) => a + b, 0));
    expect(bitsPerWeight).toBeGreaterThan(8.5);
    expect(bitsPerWeight).toBeLessThan(9.5);
    expect(tokenizer).toEqual({ model: 'gpt2', pre: 'gpt-2', tokens: 262 });
    expect(template).toEqual({ family: 'none', tools: false, thinking: false });
    expect(contextTokens).toBe(512);
  });

  test('memory grows with the context and the type of the cache', async () => {
    const kv = async (options: object) => (await look(changed({}), options)).memory!;
    const [base, longer, wider] = [
      await kv({ contextTokens: 128, kvType: 'f16' }),
      await kv({ contextTokens: 512, kvType: 'f16' }),
      await kv({ contextTokens: 128, kvType: 'f32' }),
    ];
    expect(longer.kvCache).toBe(base.kvCache * 4);
    expect(wider.kvCache).toBe(base.kvCache * 2);
    expect(base).toMatchObject({ contextTokens: 128, kvType: 'f16', contexts: 4, weights: longer.weights });
    expect(base.total).toBe(base.weights + base.kvCache + base.work);
  });

  test('a context that it was not made for is a mistake of the caller', async () => {
    await expect(look(changed({}), { contextTokens: 513 })).rejects.toMatchObject({ code: 'bad-argument' });
  });

  test('Pocket', async () => {
    const found = await look(readFileSync(POCKET));
    expect(found).toMatchObject({
      supported: true,
      facts: { architecture: 'llama', template: { family: 'ChatML', tools: true } },
    });
  });
});

describe('reasons, all of them', () => {
  test('architecture and tokenizer at once', async () => {
    const { problems, supported, facts, memory } = await look(
      changed({
        'general.architecture': 'mamba',
        'tokenizer.ggml.pre': 'no-such',
        'mamba.context_length': 77,
      }),
    );
    expect(supported).toBe(false);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('architecture "mamba" is not supported');
    expect(problems[1]).toContain('"no-such"');
    expect(facts).toMatchObject({ architecture: 'mamba', contextTokens: 77 });
    expect(memory).toBeUndefined();
  });

  test('a template that cannot be read', async () => {
    const { facts } = await look(changed({ 'tokenizer.chat_template': '{% for <|im_start|>' }));
    expect(facts!.template.family).toBe('ChatML');
  });

  test('types by type, and what else is wrong with the tensors', async () => {
    const without = asType('IQ2_XXS', /ffn_(gate|up)/).filter(({ name }) => name !== 'blk.1.attn_norm.weight');
    const shaped = without.map((t): WriterTensor =>
      t.name.includes('ffn_') && t.type === 'IQ2_XXS' ? { ...t, shape: [256, 96] } : t,
    );
    const { problems } = await look(changed({}, [...shaped, { name: 'extra.bias', type: 'F32', shape: [4] }]));
    expect(problems[0]).toContain('4 tensors, such as blk.0.ffn_gate.weight, are IQ2_XXS');
    expect(problems.filter((p) => p.includes('IQ2_XXS'))).toHaveLength(1);
    expect(problems.some((p) => p.includes('lacks the tensor blk.1.attn_norm.weight'))).toBe(true);
    expect(problems.some((p) => p.includes('Tensor blk.0.ffn_gate.weight has shape'))).toBe(true);
    expect(problems.some((p) => p.includes('extra.bias'))).toBe(true);
  });

  test('what every layer lacks is told once', async () => {
    const { problems } = await look(
      changed(
        {},
        TENSORS.filter(({ name }) => !name.endsWith('attn_norm.weight')),
      ),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('lacks the tensor blk.0.attn_norm.weight');
    expect(problems[0]).toContain('(And 1 more like it.)');
  });

  test.each([
    ['adapter', TENSORS, 'an adapter (LoRA)'],
    ['mmproj', TENSORS, 'the projector'],
    ['imatrix', TENSORS, 'an importance matrix'],
    ['model', [], 'the vocabulary of a model alone'],
  ])('no model: %s', async (type, tensors, message) => {
    const { problems } = await look(changed({ 'general.type': type }, tensors));
    expect(problems).toEqual([expect.stringContaining(message)]);
  });

  test('memory is told where only the tokenizer is unknown', async () => {
    const { supported, memory } = await look(changed({ 'tokenizer.ggml.pre': 'no-such' }));
    expect({ supported, told: memory !== undefined }).toEqual({ supported: false, told: true });
  });

  test('hyper-parameters', async () => {
    const { problems } = await look(changed({ 'llama.attention.head_count': 0 }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('llama.attention.head_count is 0');
  });

  test('a vocabulary of another size than the embedding', async () => {
    const tokens = [...(small.metadata.strings('tokenizer.ggml.tokens') as string[]), 'one more'];
    const types = Int32Array.from(tokens, () => 1);
    const { problems } = await look(changed({ 'tokenizer.ggml.tokens': tokens, 'tokenizer.ggml.token_type': types }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('263 tokens, the embedding table 262 rows');
  });
});

describe('files that cannot be opened', () => {
  test.each([
    ['version 1', { version: 1 }, 'version 1 is not supported'],
    ['big-endian', { version: 0x03000000 }, 'big-endian'],
  ])('%s', async (_, options, message) => {
    const { problems, facts } = await look(changed({}, TENSORS, options));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
    expect(facts).toBeUndefined();
  });

  test('cut short: says so, and what else is wrong', async () => {
    const bytes = changed({ 'tokenizer.ggml.pre': 'no-such' });
    const { problems, facts, bytes: size } = await look(bytes.subarray(0, bytes.length - 100));
    expect(size).toBe(bytes.length - 100);
    expect(problems[0]).toMatch(/^The file is cut short: it has \d+ bytes and its tensors need \d+\./);
    expect(problems[1]).toContain('"no-such"');
    expect(facts).toMatchObject({ architecture: 'llama' });
  });

  test('cut within the header', async () => {
    const { problems, facts } = await look(changed({}).subarray(0, 500));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('the file ends inside');
    expect(facts).toBeUndefined();
  });

  test('of another format', async () => {
    const found = await look(new TextEncoder().encode('<html>'));
    expect(found).toEqual({ supported: false, bytes: 6, parts: 1, problems: [expect.stringContaining('a web page')] });
  });
});

describe('split models', () => {
  const keys = (no: number): Record<string, WriterValue> => ({
    'split.no': no,
    'split.count': 2,
    'split.tensors.count': TENSORS.length,
  });
  const first = changed(keys(0), TENSORS.slice(0, 9));
  const second = writeGguf({ metadata: keys(1), tensors: TENSORS.slice(9) });
  const source = (bytes: Uint8Array<ArrayBuffer>) => blobSource(new Blob([bytes]));

  test('are as the whole', async () => {
    const found = await examine([source(first), source(second)], {});
    const whole = await look(changed({}));
    expect(found).toMatchObject({ supported: true, parts: 2, memory: whole.memory! });
    expect(found.facts!.types).toEqual(whole.facts!.types);
  });

  test('the first part alone is described as far as it goes', async () => {
    const { problems, facts } = await look(first);
    expect(problems).toEqual([expect.stringContaining('Part 2 of the 2 parts of this model is missing')]);
    expect(facts).toMatchObject({ part: { number: 1, count: 2 }, tokenizer: { model: 'gpt2' } });
  });

  test('another part names the first', async () => {
    const { problems } = await look(second);
    expect(problems).toEqual([expect.stringContaining('is not the beginning of its model')]);
  });
});

/** What `examine` calls supported is what loading reads, and the reverse. */
test.each([
  ['as it is', changed({})],
  ['another pre-tokenizer', changed({ 'tokenizer.ggml.pre': 'no-such' })],
  ['another architecture', changed({ 'general.architecture': 'mamba' })],
])('agrees with loading: %s', async (_, bytes) => {
  const read = await readModel(blobSource(new Blob([bytes]))).then(
    () => 'read',
    (error: Error) => error.message,
  );
  const { supported, problems } = await look(bytes);
  expect(supported).toBe(read === 'read');
  expect(supported ? ['read'] : problems).toContain(read);
});
