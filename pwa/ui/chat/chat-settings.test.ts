import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { ModelInfo, ModelSettings, SamplingDefaults } from '../../../engine/client/index.ts';
import { ModelSettingsSchema } from '../../../engine/protocol/params.ts';
import { asModelSettings, changesIn, settingsBelow, systemOf } from './chat-settings.ts';

function modelWith(settings: ModelSettings, sampling?: SamplingDefaults): ModelInfo {
  const facts = { family: '', parameters: '', contextTokens: 2048, languages: [], strengths: [], why: '' };
  const rest = { license: '', bytes: 1, storedBytes: 1, state: 'stored', loaded: true, kind: 'model' } as const;
  const catalog = { ...facts, ...(sampling && { sampling }) };
  return { id: 'm', name: 'M', ...rest, isDefault: true, settings, catalog };
}

test('below a chat lie the settings of its model, the makers’ numbers, then the engine’s', () => {
  const model = modelWith({ sampling: { topK: 7 }, system: 'Be brief.' }, { temperature: 0, topK: 5 });
  expect(settingsBelow(model)).toEqual({
    sampling: { temperature: 0, topK: 7, topP: 0.95, minP: 0.05, repetitionPenalty: 1 },
    system: 'Be brief.',
  });
  expect(settingsBelow(undefined).sampling.temperature).toBe(0.8);
});

test('a chat that began keeps its own system prompt, or none; a new one takes the model’s unless told otherwise', () => {
  const below = settingsBelow(modelWith({ system: 'Be brief.' }));
  expect(systemOf({}, below, false)).toBe('Be brief.');
  expect(systemOf({}, below, true)).toBe('');
  expect(systemOf({ system: '' }, below, false)).toBe('');
  expect(systemOf({ system: 'Be long.' }, below, true)).toBe('Be long.');
});

test('what differs is named, what is set to what holds anyway is not', () => {
  const below = settingsBelow(modelWith({ system: 'Be brief.' }, { temperature: 0 }));
  expect(changesIn({}, below, false)).toEqual([]);
  expect(changesIn({ temperature: 0, topK: 40, system: 'Be brief.' }, below, true)).toEqual([]);
  expect(changesIn({ temperature: 0.8, seed: 0, thinking: false, maxTokens: 9 }, below, true)).toEqual([
    'System prompt',
    'Temperature',
    'Longest answer',
    'Seed',
    'Thinking',
  ]);
});

test('a chat becomes its model’s settings: over what was set, without what the makers say, and nothing else is touched', () => {
  const adapters = [{ id: 'lora', scale: 1 }];
  const model = modelWith({ sampling: { topK: 7, minP: 0.1 }, system: 'Old.', kvType: 'q8', adapters }, { topK: 5 });
  const settings = asModelSettings({ temperature: 0.2, topK: 5, seed: 1, maxTokens: 10, system: 'New.' }, model, true);
  expect(settings).toEqual({ kvType: 'q8', adapters, sampling: { temperature: 0.2, minP: 0.1 }, system: 'New.' });
  expect(v.is(ModelSettingsSchema, settings)).toBe(true);
  expect(asModelSettings({}, model, false)).toEqual(model.settings);
  expect(asModelSettings({}, model, true)).not.toHaveProperty('system');
  expect(asModelSettings({ topK: 5, minP: 0.05, system: '' }, model, false)).toEqual({ kvType: 'q8', adapters });
});
