import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { setup } from '../../../tests/chat-fixture.ts';
import { MAX_TEXT_CHARS } from '../../../engine/protocol/messages.ts';
import { draftOf, keepDraft } from './kept-draft.ts';

const KEY = 'localllm-draft';
const NOTES = { name: 'notes.md', text: '# Notes' };
let stored: Map<string, string>;
let room: number;

beforeEach(() => {
  stored = new Map();
  room = Infinity;
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    removeItem: (key: string) => stored.delete(key),
    setItem(key: string, value: string) {
      if (value.length > room) throw new DOMException('full', 'QuotaExceededError');
      stored.set(key, value);
    },
  });
});
afterEach(() => vi.unstubAllGlobals());

/** A window of its own, with the events that its browser would send. */
function open(keepsAttachments?: boolean) {
  const page = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  vi.stubGlobal('document', document);
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  const { session, engine } = setup();
  keepDraft(session, keepsAttachments);
  const text = draftOf(session);
  const turn = (visibilityState: 'hidden' | 'visible') => {
    document.visibilityState = visibilityState;
    vi.stubGlobal('document', document);
    document.dispatchEvent(new Event('visibilitychange'));
  };
  const close = () => page.dispatchEvent(new Event('pagehide'));
  return { session, engine, text, turn, close, attached: () => session.value.draftAttachments };
}

test('text and attachments go to the next window, once', () => {
  const first = open();
  first.session.draft = 'Half a thought';
  first.session.attach(NOTES);
  first.session.attach({ name: 'b.txt', text: '\ud800 "b"' });
  first.close();
  const next = open();
  expect(next.text).toBe('Half a thought');
  expect(next.attached()).toEqual([NOTES, { name: 'b.txt', text: '\ud800 "b"' }]);
  const beside = open();
  expect([beside.text, beside.attached()]).toEqual(['', []]);
});

test('of a window that keeps no attachments the text goes on, or nothing', () => {
  const panel = open(false);
  panel.session.attach(NOTES);
  panel.close();
  expect([...stored]).toEqual([]);
  panel.session.draft = 'Who wrote this?';
  panel.close();
  const next = open(false);
  expect([next.text, next.attached()]).toEqual(['Who wrote this?', []]);
});

test('attachments alone are a draft, and one window never adds another’s to its own', () => {
  const first = open();
  const second = open();
  first.session.attach(NOTES);
  first.close();
  second.session.attach({ name: 'own.txt', text: 'own' });
  expect(draftOf(second.session)).toBe('');
  expect(second.attached()).toHaveLength(1);
  expect(open().attached()).toEqual([NOTES]);
});

test('what was sent or taken away is not kept', async () => {
  const { session, engine, turn, attached, close } = open();
  session.draft = 'Read this';
  session.attach(NOTES);
  turn('hidden');
  expect(stored.size).toBe(1);
  turn('visible');
  expect(stored.size).toBe(0);
  const sent = session.send('Read this');
  session.draft = '';
  engine.done('Done.');
  await sent;
  session.attach(NOTES);
  session.detach(attached()[0]!);
  close();
  expect(stored.size).toBe(0);
});

test('a window that is seen again takes back its own draft alone', () => {
  const first = open();
  const second = open();
  first.session.attach(NOTES);
  second.session.draft = 'Of the second';
  first.turn('hidden');
  second.turn('hidden');
  first.turn('visible');
  expect(open().text).toBe('Of the second');
});

test('where there is no room for attachments the text is kept', () => {
  const large = open();
  large.session.draft = 'Read this';
  large.session.attach({ name: 'large.txt', text: 'x'.repeat(MAX_TEXT_CHARS) });
  large.session.attach(NOTES);
  large.close();
  expect(stored.get(KEY)!.length).toBeLessThan(100);
  const full = open();
  expect([full.text, full.attached()]).toEqual(['Read this', []]);
  full.session.attach({ name: 'large.txt', text: 'x'.repeat(1000) });
  room = 500;
  full.close();
  expect(open().text).toBe('Read this');
  room = 0;
  full.close();
  expect(stored.size).toBe(0);
});

test.each(['Half a thought', '12', '{"text":1}', 'null'])('a draft of text alone is read: %s', (text) => {
  stored.set(KEY, text);
  const { text: read, attached } = open();
  expect([read, attached()]).toEqual([text, []]);
});
