import { expect, test, vi } from 'vitest';
import type { EngineStatus, Measure } from '../../../engine/protocol/messages.ts';
import type { MonitorState } from '../engine/monitor.ts';
import type { Attachment } from '../history/records.ts';
import { Observable } from '../observable.ts';
import { PageDesk } from './page-desk.ts';
import type { PageAsk, PageReading, PageSource } from './page-source.ts';

/** A token for each character. */
const CONTEXT = 1000;

class Monitor extends Observable<MonitorState> {
  say(state: EngineStatus['state']): void {
    this.set({ status: { state, running: 0, waiting: 0 } });
  }
}

function setUp(reading: PageReading, state: EngineStatus['state'] = 'ready') {
  const attached: Attachment[] = [];
  const calls: string[] = [];
  const monitor = new Monitor({});
  monitor.say(state);
  const asked: PageAsk[] = [];
  const listeners = new Set<() => void>();
  const measure = async (tokens: number): Promise<Measure> => ({ tokens, contextTokens: CONTEXT });
  const pages: PageSource = {
    read: async (part) => (calls.push(`read ${part}`), reading),
    take: async () => asked.splice(0),
    watch: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
  };
  const session = {
    attach: (attachment: Attachment) => void attached.push(attachment),
    measure: (text: string) => measure(99 + text.length),
    newChat: () => void calls.push('newChat'),
    restore: async () => void calls.push('restore'),
  };
  const desk = new PageDesk({ session, monitor, pages });
  const ask = (one: PageReading) => {
    asked.push(async () => one);
    for (const listener of listeners) listener();
  };
  return { desk, attached, calls, monitor, pages, ask };
}

const page = (text: string, cut = false): PageReading => ({ attachment: { name: 'A page', text }, cut });

test('a short page is attached as it is', async () => {
  const { desk, attached, calls } = setUp(page('Words.'));
  await desk.attach('page');
  expect(calls).toEqual(['read page']);
  expect(attached).toEqual([{ name: 'A page', text: 'Words.' }]);
  expect(desk.value).toEqual({ note: 'Attached.' });
  desk.forget();
  expect(desk.value).toEqual({});
});

test('a long one is cut at a paragraph to what the chat and an answer leave, and says so', async () => {
  const { desk, attached } = setUp(page('A paragraph of text.\n\n'.repeat(100)));
  await desk.attach('page');
  const [{ text }] = attached as [Attachment];
  // Of 1000 tokens 100 are the chat's, 500 the answer's.
  expect(text.length).toBeLessThan(450);
  expect(text.length).toBeGreaterThan(300);
  expect(text).toMatch(/A paragraph of text\.\n\n\[The page goes on\.\]$/);
  expect(desk.value.note).toContain('Only the first');
});

test('a text without any gap is cut as well, between characters', async () => {
  const { desk, attached } = setUp(page('😀'.repeat(1000)));
  await desk.attach('page');
  expect(attached[0]!.text.isWellFormed()).toBe(true);
  expect(attached[0]!.text.length).toBeLessThan(450);
});

test('while the model is loading the page waits for it', async () => {
  const long = 'A paragraph of text.\n\n'.repeat(100);
  const loading = setUp(page(long), 'loading');
  const done = loading.desk.attach('page');
  await expect.poll(() => loading.desk.value.busy).toBe('fitting');
  loading.monitor.say('ready');
  await done;
  expect(loading.attached[0]!.text.length).toBeLessThan(450);
});

test.each(['idle', 'downloading'] as const)('for an engine that stays %s nobody waits long', async (state) => {
  const long = 'A paragraph of text.\n\n'.repeat(100);
  const { desk, attached } = setUp(page(long), state);
  vi.useFakeTimers();
  void desk.attach('page');
  await vi.advanceTimersByTimeAsync(11_000);
  vi.useRealTimers();
  expect(desk.value.busy).toBeUndefined();
  expect(attached[0]!.text).toBe(long);
});

test('a reading that breaks is told, and the next one is done', async () => {
  const { desk, attached, pages } = setUp(page('Words.'));
  vi.spyOn(pages, 'read').mockRejectedValueOnce(new Error('Extension context invalidated.'));
  await desk.attach('page');
  expect(desk.value).toEqual({ refused: { message: expect.stringContaining('open it again') as string } });
  await desk.attach('page');
  expect(attached).toHaveLength(1);
});

test('what the page has beyond the bounds is told even where the model has room', async () => {
  const { desk, attached } = setUp(page('Words.', true));
  await desk.attach('page');
  expect(attached[0]!.text).toBe('Words.\n\n[The page goes on.]');
});

test('a refusal is shown, and what the person allows is read', async () => {
  const read = async () => page('Words.');
  const { desk, attached } = setUp({ message: 'No.', allow: { site: 'example.org', read } });
  await desk.attach('selection');
  expect(desk.value.refused).toMatchObject({ message: 'No.', allow: { site: 'example.org' } });
  await desk.allow();
  expect(attached).toHaveLength(1);
  expect(desk.value.refused).toBeUndefined();
  desk.dismiss();
  expect(desk.value).toEqual({});
});

test('the panel begins a chat for what it was opened with, and else goes on with the latest', async () => {
  const asked = setUp(page(''));
  asked.ask(page('First.'));
  asked.ask(page('Second.'));
  await asked.desk.open();
  expect(asked.calls).toEqual(['newChat']);
  expect(asked.attached.map(({ text }) => text)).toEqual(['First.', 'Second.']);
  const plain = setUp(page(''));
  await plain.desk.open();
  expect(plain.calls).toEqual(['restore']);
});

test('an open panel attaches what is asked elsewhere to the chat that it shows, until it closes', async () => {
  const { desk, attached, calls, ask } = setUp(page(''));
  const stop = desk.follow();
  ask(page('From the menu.'));
  await expect.poll(() => attached.length).toBe(1);
  stop();
  ask(page('Nobody listens.'));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(attached).toHaveLength(1);
  expect(calls).toEqual([]);
});
