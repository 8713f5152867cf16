import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ModelSettingsSchema } from '../../../engine/protocol/params.ts';
import { PRESETS, presetOf, SAMPLING_FIELDS, samplingBelow, withSampling } from './sampling.ts';

test.each(PRESETS)('$name is what the protocol takes, and is found by its numbers', ({ name, sampling }) => {
  expect(v.parse(ModelSettingsSchema, { sampling })).toEqual({ sampling });
  expect(presetOf(sampling)).toBe(name);
  expect(presetOf({ ...sampling, repetitionPenalty: 1.1 })).toBeUndefined();
});

test('nothing set is no preset', () => expect(presetOf({})).toBeUndefined());

test.each(SAMPLING_FIELDS)('$label: the protocol takes both ends, and nothing beyond', ({ key, min, max, step }) => {
  const takes = (value: number) => v.is(ModelSettingsSchema, { sampling: { [key]: value } });
  expect([min - step, min, max, max + step].map(takes)).toEqual([false, true, true, false]);
});

test('a layer above hides one below, number by number', () => {
  expect(samplingBelow({ temperature: 0, topK: 5 }, undefined, { topK: 7 })).toEqual({
    temperature: 0,
    topK: 7,
    topP: 0.95,
    minP: 0.05,
    repetitionPenalty: 1,
  });
});

test('a number is set, and left again', () => {
  const set = withSampling({ topP: 0.5 }, 'temperature', 0);
  expect(set).toEqual({ topP: 0.5, temperature: 0 });
  expect(withSampling(set, 'topP', undefined)).toEqual({ temperature: 0 });
});
