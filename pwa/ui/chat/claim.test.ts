import { expect, test } from 'vitest';
import { claimByLock, claimedElsewhere } from './claim.ts';

test('what this window has open, or has just left, is not open elsewhere', async () => {
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const other = navigator.locks.request('localllm-chat:other', () => end);
  const release = await claimByLock('mine');
  expect([...(await claimedElsewhere())]).toEqual(['other']);
  release!();
  expect([...(await claimedElsewhere())]).toEqual(['other']);
  resolve();
  await other;
  expect([...(await claimedElsewhere())]).toEqual([]);
  // As free as before.
  const again = await claimByLock('mine');
  expect(again).toBeDefined();
  again!();
});

test('what another window has open is not claimed', async () => {
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const other = navigator.locks.request('localllm-chat:theirs', () => end);
  expect(await claimByLock('theirs')).toBeUndefined();
  expect([...(await claimedElsewhere())]).toEqual(['theirs']);
  resolve();
  await other;
});
