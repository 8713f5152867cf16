import { afterEach, expect, test, vi } from 'vitest';
import type { DownFrame } from '../protocol/messages.ts';
import { createClient } from './client.ts';

afterEach(() => vi.unstubAllGlobals());

/** A client whose requests are all answered with null. */
function connected() {
  const asked: DownFrame[] = [];
  const client = createClient(({ onFrame }) => ({
    send(frame) {
      asked.push(frame);
      if (frame.t === 'request') queueMicrotask(() => onFrame({ t: 'done', id: frame.id, result: null }));
    },
    close: () => {},
  }));
  return { client, asked };
}

test('before the first large file the browser is asked to keep what is stored, once', async () => {
  let kept = false;
  const persist = vi.fn(async () => (kept = true));
  vi.stubGlobal('navigator', { storage: { persisted: async () => kept, persist } });
  const { client, asked } = connected();
  await client.models();
  expect(persist).not.toHaveBeenCalled();
  await client.addModel('owner/repo');
  await client.addModel('owner/repo', 'Q8_0');
  expect(persist).toHaveBeenCalledTimes(1);
  expect(asked).toMatchObject([
    { method: 'models.list' },
    { method: 'models.add', params: { source: 'owner/repo' } },
    { method: 'models.add', params: { source: 'owner/repo', quantization: 'Q8_0' } },
  ]);
});

const refuses = async (): Promise<boolean> => false;
const fails = async (): Promise<boolean> => {
  throw new Error('not here');
};

test.each<[string, object]>([
  ['no storage', {}],
  ['a refusal', { storage: { persisted: refuses, persist: refuses } }],
  ['an error', { storage: { persisted: fails } }],
])('%s changes nothing', async (_, navigator) => {
  vi.stubGlobal('navigator', navigator);
  const { client, asked } = connected();
  await client.addModel('owner/repo');
  expect(asked).toHaveLength(1);
});
