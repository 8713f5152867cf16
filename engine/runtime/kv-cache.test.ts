import { beforeEach, describe, expect, it } from 'vitest';
import { PAGE } from '../../shaders/attention/kv-layout.ts';
import { type CacheMemory, CachePool, Sequence } from './kv-cache.ts';

const tokens = (count: number) => Array.from({ length: count }, (_, i) => i);
/** A sequence of that many tokens, all of them cached. */
function cached(pool: CachePool, count: number, owner = 'a'): Sequence {
  const sequence = new Sequence(tokens(count), owner);
  expect(pool.reserve(sequence, count)).toBe(true);
  sequence.cached = count;
  return sequence;
}

describe('CachePool', () => {
  let done: string[];
  const memory: CacheMemory = {
    clear: (pages, slots) => void done.push(`clear pages ${pages.join()} slots ${slots.join()}`),
    copyPage: (from, to) => void done.push(`copy ${from} to ${to}`),
  };
  beforeEach(() => (done = []));

  it('shares full pages and copies the part of a page', () => {
    const pool = new CachePool(memory, 8);
    const first = cached(pool, 2 * PAGE + 5);
    const fork = new Sequence(first.tokens, 'a');
    pool.share(first, fork, 2 * PAGE + 3);
    expect(fork.pages).toEqual([...first.pages.slice(0, 2), 3]);
    expect(fork.cached).toBe(2 * PAGE + 3);
    expect(done).toEqual([`copy ${first.pages[2]} to 3`]);
    expect(first.pages.map((page) => pool.holders(page))).toEqual([2, 2, 1]);
    expect(pool.free).toBe(4);
    first.drop(pool);
    expect(fork.pages.map((page) => pool.holders(page))).toEqual([1, 1, 1]);
    expect(pool.free).toBe(5);
    fork.drop(pool);
    expect(pool.free).toBe(8);
  });

  it('shares full pages alone where no page is left for the rest', () => {
    const pool = new CachePool(memory, 3);
    const first = cached(pool, 2 * PAGE + 5);
    const fork = new Sequence(first.tokens, 'a');
    pool.share(first, fork, 2 * PAGE + 3);
    expect([fork.cached, fork.pages.length, done.length]).toEqual([2 * PAGE, 2, 0]);
  });

  it('counts holders through any order of forks and ends', () => {
    const pool = new CachePool(memory, 40);
    const held: Sequence[] = [];
    let seed = 1;
    const random = (below: number) => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) % below;
    for (let round = 0; round < 500; round++) {
      const any = held[random(held.length || 1)];
      const made = new Sequence(tokens(200), 'a');
      if (any && random(3) === 0) held.splice(held.indexOf(any), 1)[0]!.drop(pool);
      else if (any && random(2) === 0) {
        pool.share(any, made, random(any.cached + 1));
        held.push(made);
      } else {
        const count = random(200);
        if (pool.reserve(made, count)) held.push(made);
        else made.drop(pool);
        made.cached = made.pages.length === 0 ? 0 : count;
      }
      const holders = new Map<number, number>();
      for (const { pages } of held) for (const page of pages) holders.set(page, (holders.get(page) ?? 0) + 1);
      for (const [page, count] of holders) expect(pool.holders(page)).toBe(count);
      expect(pool.free + holders.size).toBe(40);
    }
  });

  it('clears what another owner held before it is handed out, and only that', () => {
    const pool = new CachePool(memory, 4, 2);
    const first = cached(pool, 2 * PAGE, 'a');
    first.drop(pool);
    const again = cached(pool, 2 * PAGE, 'a');
    expect(done).toEqual([]);
    const [pages, slot] = [[...again.pages], again.slot];
    again.drop(pool);
    const other = cached(pool, 3 * PAGE, 'b');
    expect(other.slot).toBe(slot);
    expect(other.pages.slice(0, 2)).toEqual(pages); // the third was nobody's
    expect(done).toEqual([`clear pages ${pages.join()} slots ${slot}`]);
    other.drop(pool);
    cached(pool, 4 * PAGE, 'a');
    expect(done).toHaveLength(2);
    expect(done[1]).toBe(`clear pages ${other.pages.concat([0, 1, 2]).join()} slots ${slot}`);
  });
});
