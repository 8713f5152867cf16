import { expect, test } from 'vitest';
import type { MessageRecord } from './records.ts';
import { answerSnippet, contains, highlight, searchTexts, snippet, termsOf } from './search.ts';

const shown = (pieces: readonly { text: string; found: boolean }[]) =>
  pieces.map(({ text, found }) => (found ? `[${text}]` : text)).join('');

test('every word has to occur, in any order; case, accents and width make no difference', () => {
  expect(contains('The Eiffel Tower in Paris', termsOf('  paris  EIFFEL '))).toBe(true);
  expect(contains('The Eiffel Tower in Paris', termsOf('paris louvre'))).toBe(false);
  expect(contains('Île-de-France, Łódź, ΣΊΣΥΦΟΣ', termsOf('ile łodz σισυφος'))).toBe(true);
  expect(contains('ＡＢＣ', termsOf('abc'))).toBe(true);
  expect(contains('안녕하세요', termsOf('안녕'))).toBe(true);
  expect(termsOf('a A á a')).toEqual(['a']);
});

test('what matches is marked in the text as it is written', () => {
  expect(shown(highlight('Crème brûlée', termsOf('creme BRULEE')))).toBe('[Crème] [brûlée]');
  expect(shown(highlight('😀 Ünïcode 😀 unicode', termsOf('unicode')))).toBe('😀 [Ünïcode] 😀 [unicode]');
  expect(shown(highlight('banana', termsOf('an na')))).toBe('b[anana]');
  expect(shown(highlight('İstanbul ﬁne', termsOf('istanbul fin')))).toBe('[İstanbul] [ﬁn]e');
  expect(highlight('', termsOf('x'))).toEqual([]);
});

test('a snippet is one line around the first match', () => {
  const text = `${'before and before '.repeat(20)}\n\n  the needle\tis ${'after '.repeat(60)}`;
  const line = shown(snippet(text, termsOf('needle')));
  expect(line).toMatch(/^…(before |and )+the \[needle\] is (after )+a?f?t?e?r?…$/);
  expect(line.length).toBeLessThan(160);
  expect(shown(snippet('short needle', termsOf('needle')))).toBe('short [needle]');
});

test('a snippet never splits a character', () => {
  for (let shift = 0; shift < 4; shift++) {
    const text = `${'x'.repeat(shift)}${'😀'.repeat(100)}needle${'😀'.repeat(200)}`;
    for (const { text: piece } of snippet(text, termsOf('needle'))) expect(piece.isWellFormed()).toBe(true);
  }
});

const ofAnswer = (text: string, query: string) => shown(answerSnippet(text, termsOf(query)));

test('of an answer a snippet shows what is drawn of it', () => {
  const answer =
    '# Boats\n\n- **Re**d _boats_ of [Łódź](https://example.org/fleet "Fleet")\n\n```sh\nls *.ts | wc\n```';
  expect(ofAnswer(answer, 'łodz boats')).toBe('[Boats] • Red [boats] of [Łódź] (example.org) ls *.ts | wc');
  expect(ofAnswer(answer, 'wc *.ts')).toBe('…Red boats of Łódź (example.org) ls [*.ts] | [wc]');
  expect(ofAnswer(answer, 'boats fleet')).toBe('[Boats] • Red [boats] of Łódź (example.org) ls *.ts | wc');
});

test('what is found only in what is not drawn is shown as it was written', () => {
  expect(ofAnswer('See [there](https://example.org/fleet).', 'fleet')).toBe(
    'See [there](https://example.org/[fleet]).',
  );
  expect(ofAnswer('See [there](https://example.org/fleet).', 'EXAMPLE.org')).toBe('See there ([example.org]).');
  expect(ofAnswer('Is **re**d', '**re')).toBe('Is [**re]**d');
});

test('thoughts are not shown where an answer follows them', () => {
  const thinking = '<think>\nA **fox** has a den.\n</think>\n\nIt lives in a *burrow*.';
  expect(ofAnswer(thinking, 'burrow')).toBe('It lives in a [burrow].');
  expect(ofAnswer(thinking, 'FOX den')).toBe('In thoughts: [fox] · It lives in a burrow.');
  expect(ofAnswer(thinking, 'fox burrow')).toBe('It lives in a [burrow].');
  expect(ofAnswer(thinking, 'think')).toBe('It lives in a burrow.');
  expect(ofAnswer('<think>A **fox** has', 'fox')).toBe('A [fox] has');
  expect(ofAnswer('[THINK]', 'think')).toBe('');
});

test('in a long answer the lines around what is found are read', () => {
  const long = `${'Some *words* before.\n'.repeat(2000)}Then **a needle** came.\n${'More *words*.\n'.repeat(2000)}`;
  expect(ofAnswer(long, 'needle')).toMatch(/^…before\. Some words before\. Then a \[needle\] came\. More words\./);
  const line = `${'word '.repeat(4000)}**needle**${' word'.repeat(4000)}`;
  expect(ofAnswer(line, 'needle')).toMatch(/^…(word )+\[needle\] (word )+.*…$/);
});

function history(...batches: Partial<MessageRecord>[][]) {
  let read = 0;
  return {
    read: () => read,
    async *allMessages() {
      let number = 0;
      for (const batch of batches) {
        read++;
        yield batch.map((message) => ({ id: `m${++number}`, text: '', createdMs: 0, ...message }) as MessageRecord);
      }
      return undefined;
    },
  };
}

test('texts and attachments are searched batch by batch; the earliest message of a chat is shown', async () => {
  const store = history(
    [
      { conversationId: 'a', createdMs: 9, text: 'a later needle' },
      { conversationId: 'a', createdMs: 3, text: 'the first needle' },
      { conversationId: 'b', text: 'hay' },
    ],
    [
      { conversationId: 'a', createdMs: 12, text: 'and another needle' },
      { conversationId: 'c', attachments: [{ name: 'needle.txt', text: 'hay' }] },
      { conversationId: 'd', role: 'assistant', text: '<think>Hm.</think>**hay** and `needle`' },
      { conversationId: 'e', role: 'user', text: '**hay** and `needle`' },
      { conversationId: 'f', role: 'assistant', attachments: [{ name: 'a.md', text: '- **needle**' }] },
    ],
  );
  const found = new Map<string, string>();
  for await (const batch of searchTexts(store, termsOf('needle'), new AbortController().signal)) {
    for (const [id, hit] of batch) found.set(id, `${hit.messageId}: ${shown(hit.snippet)}`);
  }
  expect([...found]).toEqual([
    ['a', 'm2: the first [needle]'],
    ['c', 'm5: [needle].txt'],
    ['d', 'm6: hay and [needle]'],
    ['e', 'm7: **hay** and `[needle]`'],
    ['f', 'm8: - **[needle]**'],
  ]);
});

test('a search that was given up reads no further', async () => {
  const store = history([{ conversationId: 'a', text: 'x' }], [{ conversationId: 'b', text: 'x' }], []);
  const given = new AbortController();
  let batches = 0;
  for await (const _ of searchTexts(store, termsOf('x'), given.signal)) {
    batches++;
    given.abort();
  }
  expect(batches).toBe(1);
  expect(store.read()).toBe(1);
});
