import { expect, test } from 'vitest';
import type { ModelInfo } from '../../../engine/client/index.ts';
import { type News, newsOf, PACE_MS } from './news.ts';

const model = (more: Partial<ModelInfo>): ModelInfo[] => {
  const rest = { license: '', bytes: 100, storedBytes: 0, loaded: false, from: 'https://a.example/a.gguf' };
  const unset = { kind: 'model', isDefault: false, settings: {} } as const;
  return [{ id: 'a', name: 'Llama', state: 'absent', ...rest, ...unset, ...more }];
};

/** What is told of one state after another, each this long after the one before. */
function told(states: [afterMs: number, more: Partial<ModelInfo>][]): string[] {
  let news: News | undefined;
  let now = 0;
  return states.map(([afterMs, more]) => (news = newsOf(news, model(more), (now += afterMs))).words);
}

test('nothing is told of what was there before', () => {
  expect(told([[0, { state: 'downloading', storedBytes: 60 }]])).toEqual(['']);
});

test('beginning and end are told at once, quarters at a pace', () => {
  const loading = (storedBytes: number): Partial<ModelInfo> => ({ state: 'downloading', storedBytes });
  expect(
    told([
      [0, {}],
      [1, loading(0)],
      [1, loading(26)],
      [1, loading(30)],
      [1, loading(55)],
      [PACE_MS, loading(56)],
      [PACE_MS, loading(70)],
      [PACE_MS, loading(99)],
      [1, { state: 'stored', storedBytes: 100 }],
    ]),
  ).toEqual([
    '',
    'Downloading Llama.',
    'Llama: 25 percent.',
    '',
    '',
    'Llama: 50 percent.',
    '',
    'Llama: 75 percent.',
    'Llama is on this device.',
  ]);
});

test('a failure is told once, with its reason', () => {
  const error = { code: 'network', message: 'The wire was cut.' } as const;
  const failed: Partial<ModelInfo> = { state: 'paused', storedBytes: 10, error };
  expect(
    told([
      [0, { state: 'downloading' }],
      [1, failed],
      [1, failed],
      [1, { state: 'downloading', storedBytes: 10 }],
      [1, { state: 'paused', storedBytes: 10 }],
      [1, {}],
    ]),
  ).toEqual([
    '',
    'Llama failed: The wire was cut.',
    '',
    'Downloading Llama.',
    'Llama is paused.',
    'Llama was deleted.',
  ]);
});

test('which model answers is told when it changes, not when it is first seen', () => {
  expect(told([[0, { isDefault: true }]])).toEqual(['']);
  expect(
    told([
      [0, {}],
      [1, { isDefault: true }],
      [1, { isDefault: true }],
      [1, {}],
    ]),
  ).toEqual(['', 'Llama answers from now on.', '', '']);
});

test('a download that goes on by itself is not called paused', () => {
  const loading: Partial<ModelInfo> = { state: 'downloading', storedBytes: 10 };
  expect(
    told([
      [0, loading],
      [1, { state: 'paused', storedBytes: 10, resumes: true }],
    ]),
  ).toEqual(['', 'Llama waits, and goes on by itself.']);
});
