import { describe, expect, test } from 'vitest';
import type { ModelInfo } from '../../../engine/client/index.ts';
import { choicesOf, EVERYTHING, here, languagesOf, languagesText, licensesOf, offered } from './filters.ts';

type Given = Partial<Omit<ModelInfo, 'catalog'>> & { catalog?: Partial<NonNullable<ModelInfo['catalog']>> };
function model(id: string, { catalog = {}, ...more }: Given = {}): ModelInfo {
  const facts = { family: 'F', parameters: '1B', contextTokens: 1, languages: ['en'], strengths: [], why: '' };
  const known = { name: id, license: 'MIT', bytes: 1e9, storedBytes: 0, state: 'absent', loaded: false } as const;
  const unset = { kind: 'model', isDefault: false, settings: {} } as const;
  return { id, ...known, ...unset, ...more, catalog: { ...facts, ...catalog } };
}
const ids = (models: ModelInfo[]) => models.map(({ id }) => id);

describe('what is here', () => {
  const { catalog: _, ...own } = model('own', { state: 'stored', parts: 1 });
  const models = [
    model('absent'),
    model('b', { state: 'stored', parts: 1 }),
    model('a', { state: 'stored', parts: 1 }),
    model('broke at once', { parts: 1 }),
    model('paused', { state: 'paused', parts: 1 }),
    model('z', { state: 'stored', loaded: true, parts: 1 }),
    model('y', { state: 'stored', isDefault: true, parts: 1 }),
    model('lora', { state: 'stored', kind: 'adapter', parts: 1 }),
    own,
  ];
  test('comes in the order of what a person looks for', () => {
    expect(ids(here(models))).toEqual(['y', 'z', 'broke at once', 'paused', 'a', 'b', 'own']);
    expect(ids(here(models, 'adapter'))).toEqual(['lora']);
  });
  test('is not offered again', () => expect(ids(offered(models, EVERYTHING))).toEqual(['absent']));
});

describe('the filter', () => {
  const models = [
    model('large', {
      bytes: 5e9,
      license: 'llama3.2',
      catalog: { languages: ['de', 'en'], strengths: ['long texts'] },
    }),
    model('sized', { bytes: 2e9, catalog: { sizes: { Q8_0: 2e9, Q4_0: 4e8 }, languages: ['en', 'mul'] } }),
    model('small', { bytes: 1e8, catalog: { family: 'Coder', why: 'Made for code.' } }),
  ];
  test('lets everything through at first, smallest first', () => {
    expect(ids(offered(models, EVERYTHING))).toEqual(['small', 'sized', 'large']);
  });
  test('looks at the smallest file', () => {
    expect(ids(offered(models, { ...EVERYTHING, maxBytes: 5e8 }))).toEqual(['small', 'sized']);
    expect(ids(offered(models, { ...EVERYTHING, maxBytes: 1e8 - 1 }))).toEqual([]);
  });
  test('counts a model that names no end of languages', () => {
    expect(ids(offered(models, { ...EVERYTHING, language: 'de' }))).toEqual(['sized', 'large']);
  });
  test('knows a licence by the name that is shown', () => {
    expect(licensesOf(models)).toEqual(['Llama 3.2', 'MIT']);
    expect(ids(offered(models, { ...EVERYTHING, license: 'Llama 3.2' }))).toEqual(['large']);
  });
  test('finds all words anywhere', () => {
    expect(ids(offered(models, { ...EVERYTHING, text: 'CODE made' }))).toEqual(['small']);
    expect(ids(offered(models, { ...EVERYTHING, text: 'long ' }))).toEqual(['large']);
    expect(ids(offered(models, { ...EVERYTHING, text: 'long code' }))).toEqual([]);
  });
  test('offers the languages that are named', () => {
    expect(languagesOf(models)).toEqual([
      { code: 'en', name: 'English' },
      { code: 'de', name: 'German' },
    ]);
  });
});

test('what does not fit here is left out when asked for; what nobody knows is not', () => {
  const fit = { contextTokens: 1, gpuBytes: 1, systemBytes: 1, reasons: [], basis: 'size' } as const;
  const models = [
    model('tight', { fit: { ...fit, verdict: 'tight' } }),
    model('too large', { fit: { ...fit, verdict: 'wont-fit' } }),
    model('unknown'),
  ];
  expect(ids(offered(models, EVERYTHING))).toEqual(['tight', 'too large', 'unknown']);
  expect(ids(offered(models, { ...EVERYTHING, fits: true }))).toEqual(['tight', 'unknown']);
});

test('choices come smallest first', () => {
  const { catalog } = model('a', { catalog: { sizes: { Q8_0: 8, Q4_0: 4 } } });
  expect(choicesOf({ ...model('a'), catalog: catalog! }).map(({ quantization }) => quantization)).toEqual([
    'Q4_0',
    'Q8_0',
  ]);
  expect(choicesOf(model('b'))).toEqual([]);
});

test.each([
  [['en'], 'English'],
  [['en', 'mul'], 'English and more'],
  [['en', 'zh', 'mul'], 'English, Chinese and more'],
  [['en', 'de', 'fr', 'it'], 'English, German, French and Italian'],
  [['en', 'de', 'fr', 'it', 'pt'], 'English, German, French and 2 more'],
])('%j is read as "%s"', (codes, text) => expect(languagesText(codes)).toBe(text));
