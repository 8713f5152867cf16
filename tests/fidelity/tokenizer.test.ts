import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseGguf } from '../../engine/gguf/parse.ts';
import { PRE_TOKENIZERS } from '../../engine/tokenizer/pre-tokenizers.ts';
import { createTokenizer, type Tokenizer } from '../../engine/tokenizer/tokenizer.ts';
import { cleanSpaces, LlamaCppTokenizer, vocabularyBytes, vocabularyCases } from './llama-cpp-vocabulary.ts';
import { variedTexts } from './varied-texts.ts';

const pocket = new URL('../../models/pocket/pocket-q4_0.gguf', import.meta.url);

async function open(bytes: Buffer): Promise<{ ours: Tokenizer; theirs: LlamaCppTokenizer }> {
  const { metadata } = await parseGguf(new Blob([new Uint8Array(bytes)]));
  return { ours: createTokenizer(metadata), theirs: await LlamaCppTokenizer.open(bytes) };
}

/** Texts of the vocabulary's control and user-defined tokens, as far as texts may meet them. */
function specialTexts(tokenizer: Tokenizer): string[] {
  const texts: string[] = [];
  for (let id = 0; id < tokenizer.vocabSize && texts.length < 200; id++) {
    const isControl = tokenizer.bytes(id).length === 0 && tokenizer.bytes(id, true).length > 0;
    if (isControl) texts.push(tokenizer.piece(id));
  }
  return [...new Set([...texts.slice(0, 12), ...[...tokenizer.eogIds].map((id) => tokenizer.piece(id))])];
}

/** Ids and texts equal in both directions. */
function compare(ours: Tokenizer, theirs: LlamaCppTokenizer, texts: readonly string[], cleans: boolean): void {
  for (const text of texts) {
    for (const special of [false, true]) {
      const ids = theirs.encode(text, special);
      expect(ours.encode(text, { special, addBos: false, addEos: false }), JSON.stringify(text)).toEqual(ids);
      for (const shown of [false, true]) {
        const whole = ours.decode(ids, { special: shown });
        expect(cleans ? cleanSpaces(whole) : whole, JSON.stringify(text)).toBe(theirs.decode(ids, shown));
        const decoder = ours.decoder({ special: shown });
        const streamed = ids.map((id) => decoder.push(id));
        expect(streamed.join('') + decoder.flush()).toBe(whole);
      }
    }
  }
}

function compareIds(ours: Tokenizer, theirs: LlamaCppTokenizer): void {
  expect([...ours.eogIds].sort((a, b) => a - b)).toEqual(theirs.eogIds(ours.vocabSize));
  expect([ours.addBos, ours.addEos]).toEqual([theirs.addBos, theirs.addEos]);
  expect([ours.bosId ?? null, ours.eosId ?? null]).toEqual([theirs.bosId, theirs.eosId]);
}

test('Pocket: ids and texts equal those of llama.cpp', async () => {
  const { ours, theirs } = await open(readFileSync(pocket));
  compareIds(ours, theirs);
  const extra = ['<tool_call>', '</tool_call>', '<|im_start|>user\n', ...specialTexts(ours)];
  compare(ours, theirs, variedTexts(1, 400, extra), false);
  await theirs.close();
});

// Vocabularies of real models. `cleans`: llama.cpp takes spaces away when it detokenizes a whole text.
describe.each([
  { name: 'llama-bpe', cleans: true },
  { name: 'qwen2', cleans: false },
  { name: 'qwen35', cleans: false },
  { name: 'gpt-2', cleans: true },
  { name: 'falcon', cleans: true },
  { name: 'mpt', cleans: true },
  { name: 'refact', cleans: true },
  { name: 'starcoder', cleans: true },
  { name: 'deepseek-coder', cleans: false },
  { name: 'llama-spm', cleans: false },
  { name: 'phi-3', cleans: false },
])('the vocabulary $name', ({ name, cleans }) => {
  test('equals llama.cpp on its own cases and on varied texts', async () => {
    const { ours, theirs } = await open(vocabularyBytes(name));
    const cases = vocabularyCases(name);
    expect(cases.length).toBeGreaterThan(40);
    for (const { text, ids } of cases) {
      expect(ours.encode(text, { addBos: false, addEos: false }), JSON.stringify(text)).toEqual(ids);
    }
    compareIds(ours, theirs);
    const texts = [...cases.map(({ text }) => text), ...variedTexts(2, 150, specialTexts(ours))];
    compare(ours, theirs, texts, cleans);
    await theirs.close();
  });
});

test.each(PRE_TOKENIZERS)('the pre-tokenizer %s cuts words as llama.cpp does', async (pre) => {
  const { ours, theirs } = await open(vocabularyBytes('gpt-2', pre));
  expect(ours.addBos).toBe(theirs.addBos);
  for (const text of variedTexts(3, 120)) {
    expect(ours.encode(text, { addBos: false }), JSON.stringify(text)).toEqual(theirs.encode(text, false));
  }
  await theirs.close();
});

test('long texts of one letter, and of spaces, equal llama.cpp', async () => {
  for (const name of ['gpt-2', 'llama-spm']) {
    const { ours, theirs } = await open(vocabularyBytes(name));
    for (const text of ['a'.repeat(20_000), ' '.repeat(20_000), '\n'.repeat(5_000), 'ab'.repeat(10_000)]) {
      expect(ours.encode(text, { addBos: false })).toEqual(theirs.encode(text, false));
    }
    await theirs.close();
  }
});
