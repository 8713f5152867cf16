import { expect, test } from 'vitest';
import { FakeEngine } from '../../tests/host-fixture.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { AdapterSource } from '../runtime/engine.ts';
import { attachAdapters, type ModelToLoad } from './model-load.ts';

const adapter = (name: string): AdapterSource => ({ name, scale: 1, open: () => Promise.reject(new Error('unread')) });
const pocket = (...adapters: AdapterSource[]): ModelToLoad => ({
  id: 'pocket',
  name: 'Pocket',
  settings: {},
  sampling: undefined,
  size: {},
  adapters,
  missing: [],
});

test('adapters that cannot be attached leave none of before', async () => {
  const engine = new FakeEngine();
  const [style, tone] = [adapter('style'), adapter('tone')];
  expect(await attachAdapters(engine, pocket(style))).toBeUndefined();
  engine.adaptError = new LocalLLMError('bad-argument', 'tone was made for another model.');
  expect(await attachAdapters(engine, pocket(tone))).toBe(
    'The adapters set for Pocket are not attached: tone was made for another model.',
  );
  expect(engine.adapted).toEqual([[style], []]);
});
