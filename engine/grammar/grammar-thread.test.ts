// Threads that do as they are told, without a grammar: who has one, who waits, what ends them.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LocalLLMError } from '../protocol/errors.ts';
import type { GrammarReply, GrammarRequest } from './grammar-messages.ts';
import { LIMIT_MS } from './grammar-thread.ts';
import { Grammars } from './grammars.ts';
import type { ThreadEvents } from './thread.ts';

const tokenizer = { vocabSize: 2, eogIds: new Set([1]), bytes: () => Uint8Array.of(97) };
const RULES = { constraint: { type: 'regexp', source: 'a', flags: '' } } as const;
const state = () => ({ mask: Uint32Array.of(3), ended: false });

class FakeThread {
  terminated = false;
  readonly requests: GrammarRequest[] = [];
  readonly events: ThreadEvents;
  /** Whether it answers at once. */
  lively: boolean;

  constructor(events: ThreadEvents, lively: boolean) {
    this.events = events;
    this.lively = lively;
  }
  post(request: GrammarRequest): void {
    this.requests.push(request);
    if (this.lively) this.reply({ id: request.id, state: state() });
  }
  reply(reply: GrammarReply): void {
    this.events.onReply(reply);
  }
  terminate(): void {
    this.terminated = true;
  }
}

let threads: FakeThread[];
let lively: boolean;
let grammars: Grammars;
const never = new AbortController().signal;
const open = (owner: string, signal = never) => grammars.open(owner, RULES, signal);

beforeEach(() => {
  vi.useFakeTimers();
  threads = [];
  lively = true;
  grammars = new Grammars(tokenizer, {
    open: (events) => {
      const thread = new FakeThread(events, lively);
      threads.push(thread);
      return thread;
    },
  });
});
afterEach(() => vi.useRealTimers());

test('each owner has a thread of its own, with the vocabulary first', async () => {
  await Promise.all([open('one'), open('one'), open('two')]);
  expect(threads.map(({ requests }) => requests.map(({ op }) => op))).toEqual([
    ['vocabulary', 'open', 'open'],
    ['vocabulary', 'open'],
  ]);
});

test('more owners than threads wait until one has nothing to do; its thread is ended, not shared', async () => {
  const grants = await Promise.all(['1', '2', '3', '4'].map((owner) => open(owner)));
  let fifth: unknown;
  void open('5').then((grammar) => (fifth = grammar));
  await vi.advanceTimersByTimeAsync(10);
  expect([fifth, threads.length]).toEqual([undefined, 4]);
  grants[2]!.close();
  grants[2]!.close(); // once is enough
  await vi.advanceTimersByTimeAsync(10);
  expect(fifth).toBeDefined();
  expect(threads.map(({ terminated }) => terminated)).toEqual([false, false, true, false, false]);
});

test('many owners at once are all served, one after another', async () => {
  const owners = Array.from({ length: 20 }, (_, i) => `${i}`);
  const served = owners.map(async (owner) => (await open(owner)).close());
  await vi.advanceTimersByTimeAsync(100);
  await Promise.all(served);
  expect(threads).toHaveLength(20);
});

test('one who waits may be cancelled', async () => {
  await Promise.all(['1', '2', '3', '4'].map((owner) => open(owner)));
  const controller = new AbortController();
  const waiting = open('5', controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
});

test('a thread without work ends after a while', async () => {
  (await open('one')).close();
  await vi.advanceTimersByTimeAsync(301_000);
  expect(threads[0]!.terminated).toBe(true);
  await open('one');
  expect(threads).toHaveLength(2);
});

describe('a thread that does not answer', () => {
  test('is stopped; only its owner hears of it, and gets another one', async () => {
    const other = await open('two');
    lively = false;
    const failed = open('one').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(LIMIT_MS + 1);
    expect(await failed).toMatchObject({ code: 'not-supported', message: expect.stringContaining('30 s') });
    expect([threads[0]!.terminated, threads[1]!.terminated]).toEqual([false, true]);
    other.accept(0);
    await other.next;
    expect(other.mask).toEqual(Uint32Array.of(3));
    lively = true;
    await open('one');
  });

  test('has its time anew with every answer', async () => {
    lively = false;
    const waiting = open('one');
    await vi.advanceTimersByTimeAsync(LIMIT_MS - 1);
    threads[0]!.reply({ id: threads[0]!.requests[0]!.id });
    await vi.advanceTimersByTimeAsync(LIMIT_MS - 1);
    threads[0]!.reply({ id: threads[0]!.requests[1]!.id, state: state() });
    expect((await waiting).ended).toBe(false);
  });
});

test('what a thread reports fatal fails all of its grammars', async () => {
  const first = await open('one');
  threads[0]!.lively = false;
  const second = open('one');
  await vi.advanceTimersByTimeAsync(1);
  first.accept(0);
  const { id } = threads[0]!.requests[2]!;
  threads[0]!.reply({ id, error: { code: 'internal', message: 'unreachable' }, fatal: true });
  await expect(second).rejects.toThrow('unreachable');
  await first.next;
  expect([first.mask, first.failure?.message]).toEqual([undefined, 'unreachable']);
  expect(threads[0]!.terminated).toBe(true);
});

test('a refusal is the request’s own', async () => {
  const first = await open('one');
  threads[0]!.lively = false;
  const second = open('one');
  await vi.advanceTimersByTimeAsync(1);
  const { id } = threads[0]!.requests[2]!;
  threads[0]!.reply({ id, error: { code: 'bad-argument', message: 'no' }, fatal: false });
  await expect(second).rejects.toMatchObject({ code: 'bad-argument' });
  threads[0]!.lively = true;
  first.accept(0);
  await first.next;
  expect(first.failure).toBeUndefined();
});

test('closed, it gives nothing more', async () => {
  const first = await open('one');
  grammars.close(new LocalLLMError('aborted', 'The model was unloaded.'));
  first.accept(0);
  await first.next;
  expect(first.failure).toMatchObject({ code: 'aborted' });
  await expect(open('one')).rejects.toMatchObject({ code: 'aborted' });
  expect(threads[0]!.terminated).toBe(true);
});
