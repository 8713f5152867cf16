import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { ModelInfo, ModelSettings } from '../../../engine/client/index.ts';
import { ModelSettingsSchema } from '../../../engine/protocol/params.ts';
import {
  adaptersFor,
  consequencesOf,
  contextChoices,
  describeSettings,
  draftOf,
  effectOf,
  settingsOf,
  usersOf,
} from './settings.ts';

function model(id: string, more: Partial<ModelInfo> = {}): ModelInfo {
  const known = { name: id, license: '', bytes: 1, storedBytes: 1, state: 'stored', loaded: false } as const;
  return { id, ...known, kind: 'model', isDefault: false, settings: {}, ...more };
}
const FULL: Required<ModelSettings> = {
  contextTokens: 8192,
  kvType: 'q8',
  sampling: { temperature: 0.2, topP: 0.9, topK: 40, minP: 0.05 },
  system: 'Be brief.',
  adapters: [{ id: 'a', scale: 0.5 }],
};

test('contexts go up to what the model was trained for, the usual one among them', () => {
  const tokens = (trainedContextTokens?: number) =>
    contextChoices(model('a', { ...(trainedContextTokens !== undefined && { trainedContextTokens }) })).map(([n]) => n);
  expect(tokens(32_768)).toEqual([1024, 2048, undefined, 8192, 16_384, 32_768]);
  expect(tokens(40_960)).toEqual([1024, 2048, undefined, 8192, 16_384, 32_768, 40_960]);
  expect(tokens(2048)).toEqual([1024, undefined]);
  expect(tokens(512)).toEqual([undefined]);
  expect(tokens()).toEqual([1024, 2048, undefined, 8192, 16_384, 32_768]);
  expect(contextChoices(model('a', { trainedContextTokens: 8192 })).map(([, text]) => text)).toEqual([
    '1,024 tokens, about 770 words',
    '2,048 tokens, about 1,500 words',
    '4,096 tokens, about 3,100 words, as usual',
    '8,192 tokens, about 6,100 words',
  ]);
});

test('what is edited and not changed stays as it was, and the protocol takes it', () => {
  expect(settingsOf(draftOf(FULL))).toEqual(FULL);
  expect(v.parse(ModelSettingsSchema, settingsOf(draftOf(FULL)))).toEqual(FULL);
});

test('nothing is kept of what holds anyway', () => {
  expect(settingsOf(draftOf({}))).toEqual({});
  expect(settingsOf(draftOf({ contextTokens: 4096 }, 4096))).toEqual({});
  expect(
    settingsOf({ ...draftOf({}), system: ' \n', sampling: {}, adapters: [{ id: 'a', scale: undefined }] }),
  ).toEqual({
    adapters: [{ id: 'a', scale: 1 }],
  });
});

test.each<[ModelSettings, ReturnType<typeof effectOf>]>([
  [FULL, 'none'],
  [{ ...FULL, system: 'Sing.' }, 'at once'],
  [{ ...FULL, sampling: {} }, 'at once'],
  [{ ...FULL, adapters: [{ id: 'a', scale: 1 }] }, 'attach'],
  [{ ...FULL, adapters: [], kvType: 'f16' }, 'reload'],
  [{}, 'reload'],
])('%j takes effect: %s', (after, effect) => expect(effectOf(FULL, after)).toBe(effect));

test('what was set is told in a few words', () => {
  expect(describeSettings({})).toEqual([]);
  expect(describeSettings(FULL)).toEqual([
    'context of 8,192 tokens',
    'half-size cache',
    'precise',
    'system prompt',
    '1 adapter',
  ]);
  expect(describeSettings({ sampling: { temperature: 0, repetitionPenalty: 1.1 } })).toEqual([
    'temperature 0',
    'repetition penalty 1.1',
  ]);
});

test('an adapter is offered to models of its architecture', () => {
  const adapter = { kind: 'adapter' } as const;
  const models = [
    model('base', { architecture: 'llama', settings: FULL }),
    model('a', { ...adapter, architecture: 'llama' }),
    model('b', { ...adapter, architecture: 'qwen3' }),
    model('c', { ...adapter, architecture: 'llama', state: 'downloading' }),
    model('d', adapter),
  ];
  expect(adaptersFor(models[0]!, models).map(({ id }) => id)).toEqual(['a', 'd']);
  expect(usersOf('a', models)).toEqual([{ model: models[0], scale: 0.5 }]);
  expect(usersOf('b', models)).toEqual([]);
});

test('deleting says what else changes', () => {
  const adapter = model('a', { kind: 'adapter' });
  const base = model('base', { name: 'Llama', settings: FULL, loaded: true, isDefault: true });
  expect(consequencesOf(model('plain'), [base])).toEqual([]);
  expect(consequencesOf(base, [base, adapter])).toEqual([
    'It is loaded: answers that are being written stop.',
    'It is the default: from then on chats and sites get the model that is built in.',
    'What was set for it is forgotten.',
  ]);
  expect(consequencesOf(adapter, [base, adapter])).toEqual(['It is attached to Llama, which then does without.']);
});
