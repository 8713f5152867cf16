import { describe, expect, it } from 'vitest';
import { PAGE } from '../../shaders/attention/kv-layout.ts';
import { Batch } from './batch.ts';
import { Sequence } from './kv-cache.ts';

function sequence(tokens: number, pages: readonly number[], slot: number): Sequence {
  const made = new Sequence(Array.from({ length: tokens }, (_, i) => 100 + i));
  made.pages.push(...pages);
  made.slot = slot;
  return made;
}

describe('Batch', () => {
  it('lays out tokens, tiles, outputs, pages and parts as the shaders read them', () => {
    const limits = { tokens: 8, outputs: 2, sequences: 2, pagesPerSequence: 2 };
    const batch = new Batch(limits, 2);
    batch.set([
      { sequence: sequence(3, [7], 1), first: 0, count: 3, outputs: 1 },
      { sequence: sequence(PAGE + 1, [4, 2], 0), first: PAGE, count: 1, outputs: 1 },
    ]);
    expect(batch.dims).toEqual({ tokens: 4, outputs: 2, tiles: 3, parts: 2, pages: 2 });
    const words = [...batch.words.subarray(0, batch.usedWords)];
    const [tokens, outputs, tiles, pages, tokensAt, tilesAt, outputsAt, pagesAt, parts, partsAt] = words;
    expect([tokens, outputs, tiles, pages, parts]).toEqual([4, 2, 3, 2, 2]);
    expect(words.slice(tokensAt, tilesAt)).toEqual([
      100,
      0,
      7 * PAGE,
      101,
      1,
      7 * PAGE + 1,
      102,
      2,
      7 * PAGE + 2,
      100 + PAGE,
      PAGE,
      2 * PAGE,
    ]);
    expect(words.slice(tilesAt, outputsAt)).toEqual([0, 2, 0, 0, 2, 1, 0, 0, 3, 1, 1, 0]);
    expect(words.slice(outputsAt, pagesAt)).toEqual([2, 3]);
    expect(words.slice(pagesAt, partsAt)).toEqual([7, 0, 4, 2]);
    expect(words.slice(partsAt)).toEqual([0, 3, 1, 1, 3, 1, 0, 0]);
    expect(batch.usedWords).toBeLessThanOrEqual(Batch.words(limits));
  });
});
