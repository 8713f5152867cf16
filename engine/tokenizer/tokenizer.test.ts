import { expect, test } from 'vitest';
import { caught } from '../../tests/caught.ts';
import { BPE, IM_END, IM_START, MERGES, metadataOf, SPM, TOOL } from '../../tests/vocabularies.ts';
import { CHAR_OF_BYTE } from './byte-alphabet.ts';
import { PRE_TOKENIZERS, preTokenizer, splitWords } from './pre-tokenizers.ts';
import { createTokenizer, type Tokenizer } from './tokenizer.ts';

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

test('empty texts have a name, and texts that replace broken ones may coincide: the last is found', () => {
  const tokens = [...(BPE['tokenizer.ggml.tokens'] as string[])];
  tokens.push('', '\ufffd', 'ｗide', '', 'a\ufffd', '\ufffd');
  const types = new Int32Array(tokens.length).fill(1);
  const tokenizer = createTokenizer(
    metadataOf({ ...BPE, 'tokenizer.ggml.tokens': tokens, 'tokenizer.ggml.token_type': types }),
  );
  expect(pieces(tokenizer, [266, 267, 268, 269, 270, 271, 272])).toEqual([
    '<tool>',
    '[EMPTY_267]',
    '\ufffd',
    'ｗide',
    '[EMPTY_270]',
    'a\ufffd',
    '\ufffd',
  ]);
  expect(tokenizer.vocabSize).toBe(273);
  expect(pieces(tokenizer, tokenizer.encode('hello'))).toEqual(['hello']);
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
