import { expect, test } from 'vitest';
import { caught } from '../../tests/caught.ts';
import { BPE, metadataOf, SPM } from '../../tests/vocabularies.ts';
import { StringList } from '../gguf/string-list.ts';
import { createTokenizer } from './tokenizer.ts';

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
    /scores should be an array of numbers but is an array of strings/,
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
    /merges should be an array of strings but is an array/,
  ],
  ['a merge of 4 098 bytes', { ...BPE, 'tokenizer.ggml.merges': [`a ${'b'.repeat(4_096)}`] }, 'bad-file', /4098.*4097/],
  ['too many merges', { ...BPE, 'tokenizer.ggml.merges': emptyTexts((1 << 21) + 1) }, 'bad-file', /2097153 entries/],
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
  [
    'tokens of numbers',
    { ...BPE, 'tokenizer.ggml.tokens': [1] },
    'bad-file',
    /strings but is an array of something else/,
  ],
  ['an empty vocabulary', { ...BPE, 'tokenizer.ggml.tokens': [] }, 'bad-file', /empty vocabulary/],
  ['a token of 2 049 bytes', { ...BPE, 'tokenizer.ggml.tokens': ['x'.repeat(2_049)] }, 'bad-file', /2049.*2048/],
  ['too many tokens', { ...BPE, 'tokenizer.ggml.tokens': emptyTexts((1 << 20) + 1) }, 'bad-file', /1048577 entries/],
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

function emptyTexts(length: number): StringList {
  return new StringList(new Uint8Array(0), new Uint32Array(length));
}
