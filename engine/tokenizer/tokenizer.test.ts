import { expect, test } from 'vitest';
import { LocalLLMError } from '../protocol/errors.ts';
import { CHAR_OF_BYTE } from './byte-alphabet.ts';
import { PRE_TOKENIZERS, preTokenizer, splitWords } from './pre-tokenizers.ts';
import { createTokenizer, type Tokenizer } from './tokenizer.ts';
import type { VocabularyMetadata } from './metadata.ts';

function metadataOf(values: Record<string, unknown>): VocabularyMetadata {
  return { get: (key) => (key in values ? { value: values[key] } : undefined) };
}

/** 256 bytes, then what the merges make, then two control tokens and a user-defined one. */
const MERGES = ['h e', 'l l', 'he ll', 'hell o', 'Ġ w', 'a a', 'aa aa', '< |', 'x y'];
const MERGED = ['he', 'll', 'hell', 'hello', 'Ġw', 'aa', 'aaaa', '<|'];
const BPE: Record<string, unknown> = {
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': 'qwen2',
  'tokenizer.ggml.tokens': [...CHAR_OF_BYTE, ...MERGED, '<|im_start|>', '<|im_end|>', '<tool>'],
  'tokenizer.ggml.token_type': Int32Array.from([...Array<number>(264).fill(1), 3, 3, 4]),
  'tokenizer.ggml.merges': MERGES,
  'tokenizer.ggml.bos_token_id': 264,
  'tokenizer.ggml.eos_token_id': 265n,
};
const [IM_START, IM_END, TOOL] = [264, 265, 266];

const BYTE_TOKENS = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const SPM_TEXTS = ['▁', 'a', 'b', 'ab', '▁a', '▁ab', 'bc', '[X]'];
const SPM: Record<string, unknown> = {
  'tokenizer.ggml.model': 'llama',
  'tokenizer.ggml.tokens': ['<unk>', '<s>', '</s>', ...BYTE_TOKENS, ...SPM_TEXTS],
  'tokenizer.ggml.token_type': [2, 3, 3, ...Array<number>(256).fill(6), ...Array<number>(7).fill(1), 4],
  'tokenizer.ggml.scores': Float32Array.from([0, 0, 0, ...Array<number>(256).fill(0), -9, -9, -9, -3, -2, -1, -5, 0]),
};

const bpe = createTokenizer(metadataOf(BPE));
const spm = createTokenizer(metadataOf(SPM));
const pieces = (tokenizer: Tokenizer, ids: readonly number[]) => ids.map((id) => tokenizer.piece(id));

test('BPE merges by rank, within words', () => {
  expect(pieces(bpe, bpe.encode('hello world'))).toEqual(['hello', 'Ġw', 'o', 'r', 'l', 'd']);
  expect(pieces(bpe, bpe.encode('aaaaaaa'))).toEqual(['aaaa', 'aa', 'a']);
  expect(bpe.encode('')).toEqual([]);
  expect(bpe.decode(bpe.encode('hello wörld 你好 👍🏽\n\t  x'))).toBe('hello wörld 你好 👍🏽\n\t  x');
});

test('a merge that makes no token falls back to its characters', () => {
  expect(pieces(bpe, bpe.encode('xy'))).toEqual(['x', 'y']);
});

test('SPM merges by score, adds the space before a text and falls back to bytes', () => {
  expect(pieces(spm, spm.encode('abc'))).toEqual(['<s>', '▁ab', '<0x63>']);
  expect(pieces(spm, spm.encode('é[X]a', { addBos: false }))).toEqual(['▁', '<0xC3>', '<0xA9>', '[X]', '▁a']);
  expect(spm.decode(spm.encode('ab abé', { addBos: false }))).toBe('ab abé');
  expect(spm.decode(spm.encode('ab', { addBos: false }), { continues: true })).toBe(' ab');
});

test('texts of control tokens are tokens only where asked; user-defined ones always', () => {
  const text = '<|im_start|>hello<tool><|im_end|>';
  expect(bpe.encode(text, { special: true })).toEqual([IM_START, 259, TOOL, IM_END]);
  const plain = bpe.encode(text);
  expect(plain).not.toContain(IM_START);
  expect(plain).not.toContain(IM_END);
  expect(plain).toContain(TOOL);
  expect(bpe.decode(plain)).toBe(text);
});

test('control tokens count only within special parts, also where parts meet', () => {
  const ids = bpe.encodeParts([
    { text: '<|im_start|>', special: true },
    { text: '<|im_end|>he', special: false },
    { text: 'llo<|im_', special: true },
    { text: 'end|>', special: false },
    { text: '<|im_', special: true },
    { text: 'end|>', special: true },
  ]);
  expect(ids.filter((id) => id === IM_START || id === IM_END)).toEqual([IM_START, IM_END]);
  expect([ids[0], ids.at(-1)]).toEqual([IM_START, IM_END]);
  expect(pieces(bpe, ids)).toContain('hello');
  expect(bpe.decode(ids, { special: true })).toBe('<|im_start|><|im_end|>hello<|im_end|><|im_end|>');
});

test('no merge makes a control token of plain text', () => {
  const tokens = [...(BPE['tokenizer.ggml.tokens'] as string[]), 'zq'];
  const types = [...(BPE['tokenizer.ggml.token_type'] as Int32Array), 3];
  const tokenizer = createTokenizer(
    metadataOf({
      ...BPE,
      'tokenizer.ggml.pre': 'llama-bpe', // a whole word that is a token stays one
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': types,
      'tokenizer.ggml.merges': [...MERGES, 'z q'],
      'tokenizer.ggml.add_bos_token': false,
    }),
  );
  expect(pieces(tokenizer, tokenizer.encode('zq'))).toEqual(['z', 'q']);
  expect(tokenizer.encode('zq', { special: true })).toEqual([tokens.length - 1]);
});

test('a stream never shows part of a character', () => {
  const decoder = bpe.decoder();
  const shown = bpe.encode('é👍!').map((id) => decoder.push(id));
  expect(shown).toEqual(['', 'é', '', '', '', '👍', '!']);
  expect(decoder.flush()).toBe('');
  const [first] = bpe.encode('👍');
  expect(decoder.push(first!) + decoder.push(bpe.encode('a')[0]!)).toBe('\ufffda');
  expect(decoder.push(first!)).toBe('');
  expect(decoder.flush()).toBe('\ufffd');
});

test('ids, ends of generation and texts of tokens', () => {
  expect([bpe.vocabSize, bpe.bosId, bpe.eosId, bpe.addBos, bpe.addEos]).toEqual([267, 264, 265, false, false]);
  expect([...bpe.eogIds]).toEqual([IM_END]);
  expect([spm.bosId, spm.eosId, spm.addBos, [...spm.eogIds]]).toEqual([1, 2, true, [2]]);
  expect([bpe.text(IM_END), bpe.text(IM_END, { special: true }), bpe.text(TOOL)]).toEqual(['', '<|im_end|>', '<tool>']);
  expect([...spm.bytes(3 + 0x41)]).toEqual([0x41]);
  expect(bpe.encode('he', { addBos: true, addEos: true })).toEqual([IM_START, 256, IM_END]);
});

test('lone surrogates become replacement characters', () => {
  expect(bpe.decode(bpe.encode('a\ud800b'))).toBe('a\ufffdb');
});

test('a quarter of a million of one letter, of line breaks, of special tokens and their beginnings', () => {
  for (const text of ['a', '\n', '<|im_end|', ' <'].map((unit) => unit.repeat((1 << 18) / unit.length))) {
    expect(bpe.decode(bpe.encode(text, { special: true }))).toBe(text);
    expect(spm.decode(spm.encode(text, { addBos: false }))).toBe(text);
  }
});

test.each<[string, Record<string, unknown>, string, RegExp]>([
  ['no model', { ...BPE, 'tokenizer.ggml.model': undefined }, 'bad-file', /tokenizer.ggml.model is missing/],
  ['WPM', { ...BPE, 'tokenizer.ggml.model': 'bert' }, 'not-supported', /is "bert" \(WPM.*Choose a chat model/],
  ['UGM', { ...BPE, 'tokenizer.ggml.model': 't5' }, 'not-supported', /is "t5" \(UGM/],
  ['RWKV', { ...BPE, 'tokenizer.ggml.model': 'rwkv' }, 'not-supported', /is "rwkv" \(RWKV/],
  ['PLaMo-2', { ...BPE, 'tokenizer.ggml.model': 'plamo2' }, 'not-supported', /is "plamo2" \(PLaMo-2/],
  [
    'a model named as an object’s property',
    { ...BPE, 'tokenizer.ggml.model': 'constructor' },
    'not-supported',
    /"constructor"; supp/,
  ],
  ['tokens that are one text', { ...BPE, 'tokenizer.ggml.tokens': 'abc' }, 'bad-file', /tokens .* is the text "abc"/],
  ['too few scores', { ...SPM, 'tokenizer.ggml.scores': [0, 1] }, 'bad-file', /scores has 2 entries for 267 tokens/],
  [
    'scores that are texts',
    { ...SPM, 'tokenizer.ggml.scores': Array(267).fill('1') },
    'bad-file',
    /entry 0 is the text "1"/,
  ],
  [
    'infinite scores',
    { ...SPM, 'tokenizer.ggml.scores': Array(267).fill(-Infinity) },
    'bad-file',
    /entry 0 is -Infinity/,
  ],
  [
    'merges of numbers',
    { ...BPE, 'tokenizer.ggml.merges': [1] },
    'bad-file',
    /merges should hold strings but entry 0 is 1/,
  ],
  [
    'a merge of 2 050 characters',
    { ...BPE, 'tokenizer.ggml.merges': [`a ${'b'.repeat(2_048)}`] },
    'bad-file',
    /2050.*2049/,
  ],
  ['too many merges', { ...BPE, 'tokenizer.ggml.merges': Array((1 << 21) + 1) }, 'bad-file', /2097153 entries/],
  ['an id below zero', { ...BPE, 'tokenizer.ggml.bos_token_id': -2 }, 'bad-file', /bos_token_id is -2, outside/],
  [
    'an id of 2^40',
    { ...BPE, 'tokenizer.ggml.eot_token_id': 1n << 40n },
    'bad-file',
    /eot_token_id is 1099511627776, outside/,
  ],
  [
    'an id that is no integer',
    { ...BPE, 'tokenizer.ggml.bos_token_id': 0.5 },
    'bad-file',
    /should be a token id but is 0.5/,
  ],
  [
    '65 537 user-defined tokens',
    {
      ...BPE,
      'tokenizer.ggml.tokens': Array.from({ length: 65_537 }, (_, i) => `<${i}>`),
      'tokenizer.ggml.token_type': new Int32Array(65_537).fill(4),
    },
    'bad-file',
    /token_type has 65537 control and user-defined tokens, more than 65536/,
  ],
  ['an unknown pre-tokenizer', { ...BPE, 'tokenizer.ggml.pre': 'klingon' }, 'not-supported', /"klingon".*llama-bpe/],
  ['a model that is no string', { ...BPE, 'tokenizer.ggml.model': 7 }, 'bad-file', /should be a string but is 7/],
  ['no tokens', { ...BPE, 'tokenizer.ggml.tokens': undefined }, 'bad-file', /tokens .* missing/],
  ['tokens of numbers', { ...BPE, 'tokenizer.ggml.tokens': [1] }, 'bad-file', /entry 0 is 1/],
  ['an empty vocabulary', { ...BPE, 'tokenizer.ggml.tokens': [] }, 'bad-file', /empty vocabulary/],
  ['a token of 1 025 characters', { ...BPE, 'tokenizer.ggml.tokens': ['x'.repeat(1_025)] }, 'bad-file', /1025.*1024/],
  ['too many tokens', { ...BPE, 'tokenizer.ggml.tokens': Array((1 << 20) + 1) }, 'bad-file', /1048577 entries/],
  [
    'twice the same token',
    { ...BPE, 'tokenizer.ggml.tokens': ['a', 'b', 'a'] },
    'bad-file',
    /tokens 0 and 2 are both "a"/,
  ],
  ['too few token types', { ...BPE, 'tokenizer.ggml.token_type': [1] }, 'bad-file', /1 entries for 267 tokens/],
  [
    'scores that are no numbers',
    { ...SPM, 'tokenizer.ggml.scores': Array(267).fill(Number.NaN) },
    'bad-file',
    /entry 0 is NaN/,
  ],
  ['no merges', { ...BPE, 'tokenizer.ggml.merges': undefined }, 'bad-file', /merges .* missing/],
  ['a merge of one text', { ...BPE, 'tokenizer.ggml.merges': ['a b', 'ab'] }, 'bad-file', /merge 1 is "ab"/],
  ['an id outside', { ...BPE, 'tokenizer.ggml.eos_token_id': 267 }, 'bad-file', /eos_token_id is 267.*267 tokens/],
  ['an id that is a text', { ...BPE, 'tokenizer.ggml.eos_token_id': 'x' }, 'bad-file', /should be a token id/],
  ['a flag that is a number', { ...BPE, 'tokenizer.ggml.add_bos_token': 1 }, 'bad-file', /true or false but is 1/],
])('refuses %s', (_, values, code, message) => {
  const error = caught(() => createTokenizer(metadataOf(values)));
  expect(error.message).toMatch(message);
  expect(error.code).toBe(code);
});

test('merges of texts that are no tokens, twice the same merge and unknown token types do no harm', () => {
  const tokenizer = createTokenizer(
    metadataOf({
      ...BPE,
      'tokenizer.ggml.merges': [...MERGES, 'nobody knows', 'h e', 'Ā Ā', 'x y', 'z z'],
      'tokenizer.ggml.token_type': new Int32Array(267).fill(77),
    }),
  );
  expect(tokenizer.encode('he')).toEqual([256]);
  expect(pieces(tokenizer, tokenizer.encode('zz'))).toEqual(['z', 'z']);
  expect(tokenizer.decode([256])).toBe('');
});

test('a text of a hundred thousand special tokens, in a vocabulary of tens of thousands', () => {
  const tokens = [...CHAR_OF_BYTE, ...Array.from({ length: 60_000 }, (_, i) => `<${i}>`)];
  const tokenizer = createTokenizer(
    metadataOf({
      ...BPE,
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': Int32Array.from(tokens, (_, id) => (id < 256 ? 1 : 4)),
      'tokenizer.ggml.merges': [],
    }),
  );
  const ids = Array.from({ length: 100_000 }, (_, i) => 256 + (i % 7));
  expect(tokenizer.encode(ids.map((id) => tokens[id]).join(''))).toEqual(ids);
  expect(() => tokenizer.encode('<60000> <-1>'.repeat(50_000))).not.toThrow();
});

const RUNS = [' ', '\n', ' \n', "'", 'a', 'A', '1', '.', '\u0301', '漢', '\u3000', '\u{1f44d}'];
test.each(PRE_TOKENIZERS)('the pre-tokenizer %s cuts long runs of anything, whatever ends them', (name) => {
  const { patterns } = preTokenizer(name)!;
  for (const run of RUNS) {
    for (const end of ['', '1', 'a', '漢', '\u0378']) {
      const text = run.repeat(20_000) + end;
      expect(splitWords(text, patterns).join('') === text).toBe(true);
    }
  }
});

test('a BOS that the file asks for and does not have is an error', () => {
  const values = {
    ...SPM,
    'tokenizer.ggml.tokens': ['<unk>'],
    'tokenizer.ggml.token_type': [2],
    'tokenizer.ggml.scores': [0],
  };
  expect(caught(() => createTokenizer(metadataOf(values))).code).toBe('bad-file');
});

test('an id outside the vocabulary is the caller’s mistake', () => {
  expect(caught(() => bpe.piece(267)).code).toBe('bad-argument');
  expect(caught(() => bpe.decode([-1])).message).toMatch(/Token id -1 is outside the vocabulary of 267/);
});

function caught(run: () => unknown): LocalLLMError {
  try {
    run();
  } catch (error) {
    if (error instanceof LocalLLMError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
