/**
 * Chats in the database of the views, and pictures of what is made of them.
 *
 * @module
 */
import type { Page } from '@playwright/test';
import { expect } from './fixtures.ts';

export const DAY_MS = 86_400_000;
export const TITLES = [
  'Capital of France',
  'A story about a fox and the moon that goes on for longer than any column is wide',
  'JSON out of a letter',
  'Names for a boat',
  'Why is the sky blue',
  'Rust lifetimes',
  'Dinner for six',
  'A poem for grandmother',
];

/** Chats as a person has them, some days between them. Each has two answers to one question; the second one has its number. */
export async function fill(page: Page, titles: readonly string[], stepMs: number): Promise<void> {
  await page.evaluate(
    async ({ names, step }) => {
      const nowMs = Date.now();
      const chats = names.map((title, index) => {
        const updatedMs = nowMs - index * step - 10_000; // what is younger than some seconds is read out as new
        const times = { createdMs: updatedMs, updatedMs };
        const of = { createdMs: updatedMs, status: 'complete' } as const;
        const text = `About this, **people** say many things.\n\nIn the end it is the crème brûlée number ${index}.`;
        return {
          conversation: { id: `c${index}`, title, titledBy: 'question', ...times, leaf: '2' } as const,
          messages: [
            { ...of, id: '0', parent: null, role: 'user', text: `${title}?` } as const,
            { ...of, id: '1', parent: '0', role: 'assistant', text: 'An answer that nobody liked.' } as const,
            { ...of, id: '2', parent: '0', role: 'assistant', text, model: 'Pocket' } as const,
          ],
        };
      });
      await testing.createHistory().saveAll(chats);
    },
    { names: titles, step: stepMs },
  );
  await page.reload();
  await expect(page.getByRole('article').first()).toBeVisible();
}

const LATE = `${'It is a long way home. '.repeat(8)}\n\n`;
const IN_A_LONG_CHAT = [
  { id: '8', text: 'Where do quokkas live?' },
  { id: '31', text: `${LATE.repeat(30)}Then a **wombat** came, and one more Wombat.\n\n${LATE.repeat(30)}` },
  { id: '40', attachments: [{ name: 'budget.txt', text: 'Food for the numbat: 12' }] },
  { id: '51', text: '<think>An echidna is no porcupine.</think>\n\nIt has spines.' },
  { id: '71', text: `Run this:\n\n\`\`\`sh\n${'echo '.repeat(60)}bandicoot\n\`\`\`` },
];

/** A chat of 200 messages with animals in some: the platypus in another version of message 100. Another chat is open. */
export async function fillLong(page: Page): Promise<void> {
  await page.evaluate(
    async ({ special }) => {
      const nowMs = Date.now();
      const of = { status: 'complete', createdMs: nowMs - 1_000_000 } as const;
      const message = (index: number) => ({
        ...of,
        id: String(index),
        parent: index === 0 ? null : String(index - 1),
        role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
        text: `This is message ${index}, about the way home and how long it takes.`,
        createdMs: of.createdMs + index,
        ...special.find(({ id }) => id === String(index)),
      });
      const about = { createdMs: of.createdMs, titledBy: 'person' } as const;
      const other = { ...message(100), id: '100b', text: 'Or is it a platypus?', createdMs: of.createdMs + 500 };
      const reply = { ...message(101), id: '101b', parent: '100b', createdMs: of.createdMs + 501 };
      await testing.createHistory().saveAll([
        {
          conversation: { ...about, id: 'long', title: 'Kangaroo', updatedMs: nowMs - 2000, leaf: '199' },
          messages: [...Array.from({ length: 200 }, (_, index) => message(index)), other, reply],
        },
        {
          conversation: { ...about, id: 'open', title: 'What is open', updatedMs: nowMs - 1000, leaf: 'x' },
          messages: [{ ...of, id: 'x', parent: null, role: 'user', text: 'What is here?' }],
        },
      ]);
    },
    { special: IN_A_LONG_CHAT },
  );
  await page.reload();
  await expect(page.getByText('What is here?')).toBeVisible();
}
