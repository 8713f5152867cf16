import { describe, expect, it } from 'vitest';
import { parseGguf } from '../../engine/gguf/parse.ts';
import { createTokenizer } from '../../engine/tokenizer/tokenizer.ts';
import { describeModel } from '../fidelity/random-model.ts';
import { writeGguf } from '../gguf-writer.ts';
import { shapeOf } from './models.ts';
import { makeVocabulary } from './vocabulary.ts';

const TEXTS = ['time way year work day', ' Two  spaces,\nlines\tand 1234 numbers! ', 'Grüße, 你好 🙂', '<|endoftext|>'];

describe.each(['smollm2-135m', 'qwen2.5-0.5b', 'llama3.2-1b', 'phi3-mini', 'gemma3-1b'] as const)('%s', (name) => {
  const shape = shapeOf(name);
  const size = shape.vocabulary;
  const vocabulary = makeVocabulary(size);

  it('has as many tokens and merges as the real one, and texts as long', () => {
    const { tokens, metadata } = vocabulary;
    expect(new Set(tokens).size).toBe(size.tokens);
    expect(tokens).toHaveLength(size.tokens);
    const merges = (metadata['merges'] ?? []) as readonly string[];
    expect(merges).toHaveLength(size.kind === 'bpe' ? size.merges : 0);
    expect(new Set(merges).size).toBe(merges.length);
    const known = new Set(tokens);
    const bad = merges.filter((merge) => {
      const [left = '', right = '', ...more] = merge.split(' ');
      return more.length > 0 || ![left, right, left + right].every((text) => known.has(text));
    });
    expect(bad).toEqual([]);
    const chars = tokens.reduce((sum, token) => sum + token.length, 0) / tokens.length;
    expect(chars).toBeGreaterThan(5);
    expect(chars).toBeLessThan(7);
  });

  it('makes a tokenizer that gives texts back, in few tokens where they are of its syllables', async () => {
    const { metadata, tensors } = describeModel({ ...shape, vocabulary, type: 'Q4_0' });
    const file = await parseGguf(new Blob([writeGguf({ metadata })]));
    const tokenizer = createTokenizer(file.metadata);
    expect(tokenizer.vocabSize).toBe(size.tokens);
    expect(tensors[0]!.shape[1]).toBe(size.tokens);
    expect([...tokenizer.eogIds].map((id) => vocabulary.tokens[id])).toEqual(['<|endoftext|>']);
    for (const text of TEXTS) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.encode('time fire').map((id) => tokenizer.text(id))).toEqual([
      size.kind === 'spm' ? ' time' : 'time',
      ' fire',
    ]);
    expect(tokenizer.encode('<|endoftext|>', { special: true })).toEqual([tokenizer.eosId]);
  });
});

it('refuses more merges than there are ways to split, and fewer tokens than bytes', () => {
  expect(() => makeVocabulary({ kind: 'bpe', pre: 'gpt-2', tokens: 300, merges: 300 })).toThrow(
    'only 43 of 300 merges',
  );
  expect(() => makeVocabulary({ kind: 'spm', tokens: 300 })).toThrow('53 tokens more');
});
