/**
 * Reads back what `toMarkdown` wrote, also where a person changed words in it.
 *
 * @module
 */
import * as v from 'valibot';
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import { FORMAT, FORMAT_VERSION } from './export-json.ts';
import { checkedChats, refuseNewer } from './import-json.ts';
import type { WholeChat } from './records.ts';

const HEAD = new RegExp(`^<!-- ${FORMAT} (\\d{1,9}) ([a-z0-9-]{1,32}) -->\\n`);
/** A heading or the name of an attachment: for people, and theirs to change. */
const HEADING = /^(?:#{1,6} .*|\*\*.*\*\*)(?:\n{1,2}|$)/;
const ATTACHED = /^(`{3,})[^\n]*\n(?:([^]*)\n)?\1$/;

const NoteSchema = v.union([
  v.strictObject({ role: v.literal('system') }),
  v.strictObject({
    role: v.picklist(['user', 'assistant']),
    at: v.pipe(
      v.string(),
      v.transform((at) => Date.parse(at)),
      v.integer('a date and time'),
    ),
    status: v.exactOptional(v.string()),
    model: v.exactOptional(v.string()),
  }),
  v.strictObject({ attachment: v.string() }),
  v.strictObject({ closed: v.literal(true) }),
]);
type Note = v.InferOutput<typeof NoteSchema>;

interface Draft {
  title: string;
  system?: string;
  messages: { role: string; text: string; createdMs: number; status: string; model?: string; attachments?: object[] }[];
}

export const isOurMarkdown = (text: string): boolean => HEAD.test(unixLines(text));

/**
 * @param markdown text of the file
 * @throws LocalLLMError bad-file, not-supported: a newer format
 */
export function chatOfMarkdown(markdown: string): WholeChat {
  const text = unixLines(markdown);
  const [head = '', version, mark = ''] = HEAD.exec(text) ?? [];
  refuseNewer(Number(version));
  const [opening = '', ...parts] = text.slice(head.length).split(`<!-- ${mark} `);
  const title = /^# (.*)/m.exec(opening)?.[1]?.trim() || 'Imported chat';
  const draft: Draft = { title, messages: [] };
  for (const [index, part] of parts.entries()) addPart(draft, part, index === parts.length - 1);
  const times = draft.messages.map(({ createdMs }) => createdMs);
  const nowMs = Date.now();
  const messages = draft.messages.map((message, index) => ({
    ...message,
    id: String(index),
    parent: index === 0 ? null : String(index - 1),
  }));
  const [chat] = checkedChats({
    format: FORMAT,
    version: FORMAT_VERSION,
    chats: [
      {
        id: crypto.randomUUID(),
        title: draft.title,
        titledBy: 'person',
        createdMs: times[0] ?? nowMs,
        updatedMs: times.at(-1) ?? nowMs,
        ...(messages.length > 0 && { leaf: messages.at(-1)!.id }),
        ...(draft.system !== undefined && { settings: { system: draft.system } }),
        messages,
      },
    ],
  });
  return chat!;
}

/** @param part from behind its mark to the next one */
function addPart(draft: Draft, part: string, last: boolean): void {
  const [line = ''] = part.split('\n', 1);
  const note = noteOf(line);
  // Between the lines that are ours, every character is the message's.
  const body = part.slice(line.length + 1).replace(HEADING, '');
  const text = body.replace(last ? /\n$/ : /\n{1,2}$/, '');
  if ('closed' in note) return closePart(draft);
  if ('attachment' in note) {
    const fenced = ATTACHED.exec(text.trimEnd());
    const message = draft.messages.at(-1);
    if (!fenced || !message) throw damaged('an attachment stands outside of its code block');
    message.attachments = [...(message.attachments ?? []), { name: note.attachment, text: fenced[2] ?? '' }];
  } else if (note.role === 'system') draft.system = text;
  else {
    const { role, at, status = 'complete', model } = note;
    draft.messages.push({ role, text, createdMs: at, status, ...(model !== undefined && { model }) });
  }
}

/** Takes back the fence that closed the code block of the part before. */
function closePart(draft: Draft): void {
  const open = (text: string) => text.replace(/\n[`~]+$/, '');
  const message = draft.messages.at(-1);
  if (message) message.text = open(message.text);
  else draft.system = open(draft.system ?? '');
}

function noteOf(line: string): Note {
  let json: unknown;
  try {
    json = JSON.parse(line.replace(/ -->\s*$/, ''));
  } catch {
    throw damaged(`the comment “${line.slice(0, 80)}” cannot be read`);
  }
  const { success, output } = v.safeParse(NoteSchema, json);
  if (!success) throw damaged(`the comment “${line.slice(0, 80)}” says nothing known`);
  return output;
}

function damaged(why: string): LocalLLMError {
  return new LocalLLMError('bad-file', `It is damaged: ${why}.`);
}

/** Editors may have given every line the ending of Windows. */
function unixLines(text: string): string {
  return /(?<!\r)\n/.test(text) ? text : text.replaceAll('\r\n', '\n');
}
