import { beforeEach, describe, expect, it } from 'vitest';
import { PAGE } from '../../shaders/attention/kv-layout.ts';
import { CachePool, Sequence } from './kv-cache.ts';
import { PrefixCache } from './prefix-cache.ts';

const PAGES = 80;
/** Tokens that no other seed shares. */
const text = (seed: number, count: number) => Array.from({ length: count }, (_, i) => seed * 10_000 + i);

describe('PrefixCache', () => {
  let pool: CachePool;
  let prefixes: PrefixCache;
  beforeEach(() => {
    pool = new CachePool({ clear: () => {}, copyPage: () => {} }, PAGES);
    prefixes = new PrefixCache(pool);
  });
  const keep = (owner: string, tokens: number[]) => {
    const sequence = new Sequence(tokens, owner);
    expect(pool.reserve(sequence, tokens.length)).toBe(true);
    sequence.cached = tokens.length;
    prefixes.keep(sequence);
  };
  const found = (owner: string, tokens: number[]) => prefixes.match(new Sequence(tokens, owner), [])?.tokens ?? 0;

  it('finds the longest beginning of the same owner, never of another, nor of our own pages', () => {
    keep('https://a.example', text(1, 70));
    keep('https://a.example', [...text(1, 50), ...text(2, 30)]);
    const asked = [...text(1, 60), 5];
    expect(found('https://a.example', asked)).toBe(60);
    expect(found('https://a.example', text(1, 70))).toBe(69);
    for (const other of ['https://b.example', 'ui', 'https://a.example@https://b.example', '']) {
      expect(found(other, asked)).toBe(0);
    }
  });

  it('gives its entry to any number of takers', () => {
    keep('a', text(1, 3 * PAGE));
    const takers = Array.from({ length: 5 }, () => new Sequence([...text(1, 3 * PAGE), 5], 'a'));
    for (const taker of takers) prefixes.take(prefixes.match(taker, [])!, taker);
    expect(takers.map(({ cached }) => cached)).toEqual(takers.map(() => 3 * PAGE));
    expect(pool.free).toBe(PAGES - 3);
    expect(prefixes.reclaimable()).toBe(0);
    for (const taker of takers) taker.drop(pool);
    expect(prefixes.reclaimable()).toBe(3);
  });

  it('keeps one of two where one begins as the other', () => {
    keep('a', text(1, 2 * PAGE));
    keep('a', text(1, 5 * PAGE));
    keep('a', text(1, 4 * PAGE));
    expect(prefixes.reclaimable()).toBe(5);
    expect(pool.free).toBe(PAGES - 5);
  });

  it('gives up pages of whoever keeps the most, the longest unused first, from the end', () => {
    keep('quiet', text(9, 6 * PAGE));
    for (let i = 0; i < 10; i++) keep('flood', text(i, 5 * PAGE));
    while (pool.free < 36) expect(prefixes.evict()).toBe(true);
    expect(found('quiet', [...text(9, 6 * PAGE), 1])).toBe(6 * PAGE);
    expect(found('flood', [...text(0, 5 * PAGE), 1])).toBe(0);
    expect(found('flood', [...text(2, 5 * PAGE), 1])).toBe(3 * PAGE);
    expect(found('flood', [...text(9, 5 * PAGE), 1])).toBe(5 * PAGE);
    while (prefixes.evict());
    expect(pool.free).toBe(PAGES);
  });

  it('keeps a bounded number of sequences, without losing pages', () => {
    for (let i = 0; i < 40; i++) keep('a', text(i, 1));
    keep('b', text(1, 1));
    expect(prefixes.reclaimable()).toBe(17);
    for (let i = 0; i < 120; i++) keep(`owner ${i}`, text(i, 1));
    expect(prefixes.reclaimable()).toBe(64);
  });
});
