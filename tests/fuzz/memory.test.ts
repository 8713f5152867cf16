/**
 * A vocabulary as large as any may be, in memory: never 64 MB more than its file.
 *
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { parseGguf } from '../../engine/gguf/parse.ts';
import { MAX_EXTRA_TEXTS, MAX_MERGES, MAX_TOKENS } from '../../engine/tokenizer/metadata.ts';
import { createTokenizer } from '../../engine/tokenizer/tokenizer.ts';
import { writeGguf } from '../gguf-writer.ts';
import { memorySource } from './fuzz-case.ts';

const EXTRA_BYTES = 64 << 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes that are held, once what is not has been thrown away. */
function held(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Every token is a number in base 36; merges cut it after its first or before its last digit. */
function largestVocabulary(): Uint8Array<ArrayBuffer> {
  const text = (id: number) => id.toString(36);
  const merge = (rank: number) => {
    const whole = text(36 + (rank % (MAX_TOKENS - 36)));
    const cut = rank < MAX_TOKENS ? 1 : whole.length - 1;
    return `${whole.slice(0, cut)} ${whole.slice(cut)}`;
  };
  return writeGguf({
    metadata: {
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.pre': 'gpt-2',
      'tokenizer.ggml.tokens': Array.from({ length: MAX_TOKENS }, (_, id) => text(id)),
      'tokenizer.ggml.scores': new Float32Array(MAX_TOKENS),
      'tokenizer.ggml.token_type': new Int32Array(MAX_TOKENS).fill(1),
      'tokenizer.ggml.merges': Array.from({ length: MAX_MERGES }, (_, rank) => merge(rank)),
    },
  });
}

test('the largest vocabulary', async () => {
  const bytes = largestVocabulary();
  const before = held();
  const { metadata } = await parseGguf(memorySource(bytes));
  const tokenizer = createTokenizer(metadata);
  const grown = held() - before;
  expect(grown - bytes.length).toBeLessThan(EXTRA_BYTES);
  expect(metadata.size).toBe(6);
  expect(tokenizer.vocabSize).toBe(MAX_TOKENS);
});

test.each([
  ['tokens', { 'tokenizer.ggml.tokens': many(MAX_TOKENS + 1, (i) => `${i}`) }, `has ${MAX_TOKENS + 1} entries`],
  ['merges', { 'tokenizer.ggml.merges': many(MAX_MERGES + 1, () => 'a b') }, `has ${MAX_MERGES + 1} entries`],
  [
    'texts in merges',
    { 'tokenizer.ggml.merges': many(MAX_EXTRA_TEXTS, (i) => `+${i} -${i}`) },
    `names more than ${MAX_EXTRA_TEXTS} texts that are no tokens, such as "+5461"`,
  ],
])('one too many %s', async (_, more, problem) => {
  const vocabulary = {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.tokens': ['a', 'b'],
    'tokenizer.ggml.merges': ['a b'],
  };
  const { metadata } = await parseGguf(memorySource(writeGguf({ metadata: { ...vocabulary, ...more } })));
  expect(() => createTokenizer(metadata)).toThrow(problem);
});

function many(length: number, item: (index: number) => string): string[] {
  return Array.from({ length }, (_, index) => item(index));
}
