import { describe, it } from 'vitest';
import { expectChunksAgree, expectDeltaRule, testParts } from '../testing/run-delta-rule.ts';
import type { TestPart } from '../testing/batch-words.ts';
import { deltaNetKernel } from './delta-net.kernel.ts';
import { deltaNetRef } from './delta-net.ref.ts';

describe('delta-net', () => {
  it.each<[string, number, number, number, TestPart[]]>([
    ['one token', 2, 2, 128, testParts([1, 1, false])],
    ['one token that starts', 1, 1, 128, testParts([1, 2, true])],
    ['several sequences, grouped heads', 2, 6, 128, testParts([3, 2, false], [1, 0, false], [5, 1, true])],
    ['columns that do not fill the workgroups', 1, 2, 48, testParts([4, 2, false])],
    ['small heads, many tokens', 1, 3, 16, testParts([150, 1, false], [1, 0, true])],
    ['large heads', 1, 1, 256, testParts([2, 0, false])],
  ])('%s: %i key heads, %i value heads of %i', async (_, kHeads, vHeads, headDim, parts) => {
    await expectDeltaRule(deltaNetKernel({ headDim }), { kHeads, vHeads, headDim }, parts, deltaNetRef);
  });

  it('gives the same in any chunking, whatever the slot held', async () => {
    await expectChunksAgree(deltaNetKernel({ headDim: 128 }), { kHeads: 1, vHeads: 2, headDim: 128 }, 3, 4);
  });
});
