/**
 * Compares a cache with what should be in it.
 *
 * @module
 */
import { decodeCache } from '../attention/kv-elements.ref.ts';
import type { CacheShape, CacheSide } from '../attention/kv-layout.ref.ts';
import { groupsOf } from '../attention/kv-q8.ref.ts';
import { expectClose } from './expect-close.ts';

/** Throws unless what was put into the cache is there, as exactly as its type can have it. */
export function expectCached(cache: CacheShape, side: CacheSide, actual: ArrayBuffer, expected: Float32Array): void {
  const found = decodeCache(cache, side, actual);
  if (cache.kvType !== 'q8') return expectClose(found, expected, cache.kvType === 'f16' ? 1e-3 : 4e-6);
  for (const { scalars } of groupsOf(cache, side)) {
    const largest = Math.max(...scalars.map((i) => Math.abs(expected[i]!)));
    const steps = (1 + 1 / 128) / 127; // scales have 8 significant bits
    for (const i of scalars) {
      if (Math.abs(found[i]! - expected[i]!) <= largest * (steps / 2 + 1e-5)) continue; // NaN goes on
      throw new Error(`${side}: value ${i} is ${found[i]} and should be ${expected[i]}, in a group up to ${largest}`);
    }
  }
}
