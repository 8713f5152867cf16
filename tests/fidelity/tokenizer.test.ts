import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseGguf } from '../../engine/gguf/parse.ts';
import { PRE_TOKENIZERS } from '../../engine/tokenizer/pre-tokenizers.ts';
import { createTokenizer, type Tokenizer } from '../../engine/tokenizer/tokenizer.ts';
import { caught } from '../caught.ts';
import { writeGguf, type WriterValue } from '../gguf-writer.ts';
import {
  cleanSpaces,
  LlamaCppTokenizer,
  vocabulary,
  vocabularyCases,
  vocabularyNames,
  withKeys,
  withPreTokenizer,
} from './llama-cpp-vocabulary.ts';
import { variedTexts } from './varied-texts.ts';

const pocket = new URL('../../models/pocket/pocket-q4_0.gguf', import.meta.url);

async function open(bytes: Buffer): Promise<{ ours: Tokenizer; theirs: LlamaCppTokenizer }> {
  const { metadata } = await parseGguf(new Blob([new Uint8Array(bytes)]));
  return { ours: createTokenizer(metadata), theirs: await LlamaCppTokenizer.open(bytes) };
}

/** GPT-2's first merges, with their tokens, as a vocabulary that loads fast; read once. */
let smallVocabularyBytes: Buffer | undefined;
async function smallVocabulary(): Promise<Buffer> {
  if (smallVocabularyBytes === undefined) {
    const { metadata } = await parseGguf(new Blob([new Uint8Array(vocabulary('gpt-2'))]));
    const merges = metadata.strings('tokenizer.ggml.merges').slice(0, 6000);
    const texts = [...metadata.strings('tokenizer.ggml.tokens').slice(0, 256 + merges.length), '<|endoftext|>'];
    const entries: Record<string, WriterValue> = {
      'general.architecture': 'gpt2',
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.pre': 'gpt-2',
      'tokenizer.ggml.tokens': texts,
      'tokenizer.ggml.token_type': Int32Array.from(texts, (_, id) => (id === texts.length - 1 ? 3 : 1)),
      'tokenizer.ggml.bos_token_id': texts.length - 1,
      'tokenizer.ggml.merges': merges,
    };
    for (const key of ['vocab_size', 'context_length', 'embedding_length', 'block_count', 'feed_forward_length']) {
      entries[`gpt2.${key}`] = 64;
    }
    entries['gpt2.attention.head_count'] = 1;
    entries['gpt2.attention.layer_norm_epsilon'] = 1e-5;
    smallVocabularyBytes = Buffer.from(writeGguf({ metadata: entries }));
  }
  return smallVocabularyBytes;
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

interface Difference {
  text: string;
  what: string;
  ours: unknown;
  theirs: unknown;
}

/** Where the ids of a text are not the same. */
function idDifferences(
  ours: Tokenizer,
  theirs: LlamaCppTokenizer,
  texts: readonly string[],
  special: boolean,
): Difference[] {
  return texts.flatMap((text) => {
    const wanted = theirs.encode(text, special);
    const got = ours.encode(text, { special, addBos: false, addEos: false });
    if (got.length === wanted.length && got.every((id, i) => id === wanted[i])) return [];
    return [{ text, what: `ids, special ${special}`, ours: got, theirs: wanted }];
  });
}

/** Where the text of those ids is not the same, whole or streamed. */
function textDifferences(
  ours: Tokenizer,
  theirs: LlamaCppTokenizer,
  texts: readonly string[],
  cleans: boolean,
): Difference[] {
  const differences: Difference[] = [];
  for (const text of texts) {
    const ids = theirs.encode(text, true);
    for (const special of [false, true]) {
      const wanted = theirs.decode(ids, special);
      const whole = ours.decode(ids, { special });
      const got = cleans ? cleanSpaces(whole) : whole;
      if (got !== wanted) differences.push({ text, what: `text, special ${special}`, ours: got, theirs: wanted });
      const decoder = ours.decoder({ special });
      const streamed = ids.map((id) => decoder.push(id)).join('') + decoder.flush();
      if (streamed !== whole) differences.push({ text, what: 'streamed', ours: streamed, theirs: whole });
    }
  }
  return differences;
}

/** What the file says beside the tokens. */
function settings(tokenizer: Tokenizer) {
  const { addBos, addEos, bosId, eosId, eogIds } = tokenizer;
  // The bindings tell no BOS or EOS that is an ordinary token, which it is where llama.cpp assumes one.
  const control = (id: number | undefined) => (id !== undefined && tokenizer.bytes(id).length === 0 ? id : null);
  return { addBos, addEos, bosId: control(bosId), eosId: control(eosId), eogIds: [...eogIds].sort((a, b) => a - b) };
}

test('Pocket: ids and texts equal those of llama.cpp', async () => {
  const { ours, theirs } = await open(readFileSync(pocket));
  expect(settings(ours)).toEqual(theirs.settings(ours.vocabSize));
  const texts = variedTexts(1, 400, ['<tool_call>', '</tool_call>', '<|im_start|>user\n', ...specialTexts(ours)]);
  expect(idDifferences(ours, theirs, texts, false)).toEqual([]);
  expect(idDifferences(ours, theirs, texts, true)).toEqual([]);
  expect(textDifferences(ours, theirs, texts, false)).toEqual([]);
  await theirs.close();
});

// Vocabularies whose whole detokenized text llama.cpp takes spaces out of.
const CLEANING = new Set('llama-bpe gpt-2 falcon mpt refact starcoder aquila gpt-neox gemma-4'.split(' '));
// Their tokenizers, WPM and UGM, are refused.
const REFUSED = new Set(['bert-bge', 'nomic-bert-moe']);
// Of these llama.cpp has no expected ids.
const WITHOUT_CASES = new Set(['aquila', 'baichuan', 'gpt-neox']);

const NAMES = vocabularyNames();

test("every vocabulary of llama.cpp's is here", () => {
  expect(NAMES.length).toBeGreaterThanOrEqual(19);
  for (const name of [...CLEANING, ...REFUSED, ...WITHOUT_CASES]) expect(NAMES).toContain(name);
});

test.each(NAMES.filter((name) => !REFUSED.has(name)))(
  'the vocabulary %s: ids and texts equal those of llama.cpp',
  async (name) => {
    const { ours, theirs } = await open(vocabulary(name));
    const cases = vocabularyCases(name);
    expect(cases.length >= 40).toBe(!WITHOUT_CASES.has(name));
    expect(cases.map(({ text }) => ours.encode(text, { addBos: false, addEos: false }))).toEqual(
      cases.map(({ ids }) => ids),
    );
    expect(settings(ours)).toEqual(theirs.settings(ours.vocabSize));
    const varied = variedTexts(2, 2000, specialTexts(ours));
    const some = [...cases.map(({ text }) => text), ...varied.slice(0, 150)];
    expect(idDifferences(ours, theirs, varied, false)).toEqual([]);
    expect(idDifferences(ours, theirs, [...some, ...varied.slice(0, 500)], true)).toEqual([]);
    expect(textDifferences(ours, theirs, some, CLEANING.has(name))).toEqual([]);
    await theirs.close();
  },
);

test.each([...REFUSED])('the vocabulary %s is refused by name', async (name) => {
  const { metadata } = await parseGguf(new Blob([new Uint8Array(vocabulary(name))]));
  const error = caught(() => createTokenizer(metadata));
  expect(error.code).toBe('not-supported');
  expect(error.message).toMatch(/tokenizer\.ggml\.model, is "(bert|t5)" \((WPM|UGM), .*Choose a chat model/);
});

const KEYS: Record<string, WriterValue | undefined>[] = [
  { add_space_prefix: false },
  { add_space_prefix: true, remove_extra_whitespaces: true },
  { add_bos_token: true, add_eos_token: true },
  { add_bos_token: false, add_eos_token: false },
  { add_bos_token: undefined, add_eos_token: undefined, add_space_prefix: undefined },
  { bos_token_id: undefined, eos_token_id: undefined, add_bos_token: undefined },
];
const KEY_CASES = ['llama-spm', 'deepseek-coder'].flatMap((name) =>
  KEYS.map((keys) => ({
    name,
    keys: Object.fromEntries(Object.entries(keys).map(([k, v]) => [`tokenizer.ggml.${k}`, v])),
  })),
);
test.each(KEY_CASES)('$name with $keys: ids, texts and settings equal those of llama.cpp', async ({ name, keys }) => {
  const { ours, theirs } = await open(await withKeys(vocabulary(name), keys));
  expect(settings(ours)).toEqual(theirs.settings(ours.vocabSize));
  const texts = variedTexts(6, 60, ['   ', ' a  b ', ...specialTexts(ours)]);
  expect(idDifferences(ours, theirs, texts, false)).toEqual([]);
  expect(idDifferences(ours, theirs, texts, true)).toEqual([]);
  expect(textDifferences(ours, theirs, texts, false)).toEqual([]);
  await theirs.close();
});

// Of the sets of patterns that no vocabulary above has one name each, on one whose merges would cross most wrong cuts.
const FAMILIES = 'dbrx deepseek-v3 tekken gpt-4o seed-coder kimi-k2 minicpm5 bailingmoe ufakzeka laguna bloom viking';
test.each(FAMILIES.split(' '))('the pre-tokenizer %s cuts words as llama.cpp does', async (pre) => {
  const { ours, theirs } = await open(withPreTokenizer(vocabulary('gpt-2'), pre));
  expect(idDifferences(ours, theirs, variedTexts(3, 300), false)).toEqual([]);
  await theirs.close();
});

test.each(PRE_TOKENIZERS)('the name %s means what it means to llama.cpp', async (pre) => {
  const { ours, theirs } = await open(withPreTokenizer(await smallVocabulary(), pre));
  expect(ours.addBos).toBe(theirs.settings(0).addBos);
  expect(idDifferences(ours, theirs, variedTexts(4, 60), false)).toEqual([]);
  await theirs.close();
});

test.each(['gpt-2', 'llama-spm'])('long texts of one letter, and of spaces, equal llama.cpp: %s', async (name) => {
  const { ours, theirs } = await open(vocabulary(name));
  const texts = ['a'.repeat(20_000), ' '.repeat(20_000), '\n'.repeat(5_000), 'ab'.repeat(10_000)];
  expect(idDifferences(ours, theirs, texts, false)).toEqual([]);
  await theirs.close();
});
