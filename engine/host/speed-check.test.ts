import { expect, test, vi } from 'vitest';
import { FakeEngine } from '../../tests/host-fixture.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { measureSpeed } from './speed-check.ts';

/** An engine that takes so long for a step. */
function engineOf(stepMs: number, completionTokens?: number) {
  const engine = new FakeEngine();
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const generate = vi.spyOn(engine, 'generate').mockImplementation(async ({ input, options, signal }) => {
    if (signal.aborted) throw new LocalLLMError('aborted', 'cancelled');
    const promptTokens = (input as string).trim().split(' ').length;
    const tokens = completionTokens ?? options.maxTokens!;
    now += stepMs;
    const usage = { promptTokens, cachedTokens: 0, completionTokens: tokens };
    const timing = { ttftMs: stepMs / 2, tokensPerSecond: tokens > 1 ? 20 : 0 };
    return { text: '', finishReason: 'length', usage, timing };
  });
  return { engine, generate };
}
const never = new AbortController().signal;

test('a few tokens first, then enough to be told, behind everybody and of nobody', async () => {
  const { engine, generate } = engineOf(100);
  expect(await measureSpeed(engine, never)).toEqual({ prefill: (128 * 1000) / 50, decode: 20 });
  const asked = generate.mock.calls.map(([request]) => request);
  expect(asked.map(({ options }) => options.maxTokens)).toEqual([4, 32]);
  expect(asked.every(({ priority }) => priority === 3)).toBe(true);
  expect(new Set(asked.map(({ owner }) => owner)).size).toBe(2);
});

test('of a device that takes long the few have to do', async () => {
  const { engine, generate } = engineOf(2_000);
  expect(await measureSpeed(engine, never)).toEqual({ prefill: 8, decode: 20 });
  expect(generate).toHaveBeenCalledOnce();
});

test('a model that says nothing has no figure; one that is needed is left', async () => {
  expect(await measureSpeed(engineOf(100, 1).engine, never)).toBeUndefined();
  await expect(measureSpeed(engineOf(100).engine, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
});
