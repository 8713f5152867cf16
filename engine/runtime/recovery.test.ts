import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LocalLLMError } from '../protocol/errors.ts';
import { reopenGpu } from './recovery.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A browser whose GPU stays away. */
function away() {
  const requestAdapter = vi.fn<() => Promise<null>>(async () => null);
  return { requestAdapter, gpu: { requestAdapter } as unknown as GPU };
}
const codeOf = (opened: Promise<unknown>) =>
  opened.then(
    () => 'opened',
    (error: unknown) => LocalLLMError.from(error).code,
  );

test('a GPU that does not come back is asked for a few times, then given up', async () => {
  const { gpu, requestAdapter } = away();
  const opened = codeOf(reopenGpu(gpu, new AbortController().signal));
  await vi.runAllTimersAsync();
  expect(await opened).toBe('no-adapter');
  expect(requestAdapter).toHaveBeenCalledTimes(4);
});

test('nobody waits for it any more once the model is unloaded', async () => {
  const { gpu, requestAdapter } = away();
  const stop = new AbortController();
  const opened = codeOf(reopenGpu(gpu, stop.signal));
  await vi.advanceTimersByTimeAsync(0);
  stop.abort();
  expect(await opened).toBe('aborted');
  expect(requestAdapter).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});
