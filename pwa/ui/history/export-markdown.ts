/**
 * One chat as Markdown for people: the branch that is shown, each message under a heading. Comments, which no viewer shows, say what is
 * what, so that it can be read back.
 *
 * @module
 */
import { FORMAT, FORMAT_VERSION } from './export-json.ts';
import type { Attachment, ChatMessage, ConversationRecord } from './records.ts';

/** What a comment says about the part that follows. */
export type PartNote =
  | { role: 'system' }
  | { role: 'user' | 'assistant'; at: string; status?: ChatMessage['status']; model?: string }
  | { attachment: string }
  /** The part before ended within a code block, which was closed so that what follows is not in it. */
  | { closed: true };

/** @param shown the messages of the branch, in order */
export function toMarkdown({ title, settings }: ConversationRecord, shown: readonly ChatMessage[]): string {
  const system = settings?.system;
  const mark = markFor([onOneLine(title), system ?? '', ...shown.flatMap(textsOf)]);
  const part = (note: PartNote, heading: string, text: string) => {
    const fence = openFence(text);
    const close = fence === undefined ? '' : `\n${fence}\n${comment(mark, { closed: true })}`;
    return `${comment(mark, note)}\n${heading}\n\n${text}${close}`;
  };
  const parts = [`<!-- ${FORMAT} ${FORMAT_VERSION} ${mark} -->\n# ${onOneLine(title)}`];
  if (system) parts.push(part({ role: 'system' }, '## System', system));
  for (const message of shown) {
    parts.push(part(noteOf(message), headingOf(message), message.text));
    for (const attachment of message.attachments ?? []) parts.push(attached(mark, attachment));
  }
  return `${parts.join('\n\n')}\n`;
}

/** A fence that no line of the text can close. */
export function fenceFor(text: string): string {
  const longest = Math.max(0, ...Array.from(text.matchAll(/`{3,}/g), ([run]) => run.length));
  return '`'.repeat(Math.max(3, longest + 1));
}

/** The fence of the code block that the text leaves open. */
export function openFence(text: string): string | undefined {
  let open: string | undefined;
  for (const line of text.split(/\r\n|\n|\r/)) {
    const [, fence, rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (fence === undefined) continue;
    if (open === undefined) {
      if (fence.startsWith('~') || !rest.includes('`')) open = fence;
    } else if (fence.startsWith(open) && rest.trim() === '') open = undefined;
  }
  return open;
}

export const onOneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function attached(mark: string, { name, text }: Attachment): string {
  const fence = fenceFor(text);
  return `${comment(mark, { attachment: name })}\n**${onOneLine(name)}**\n\n${fence}text\n${text}\n${fence}`;
}

function noteOf({ role, createdMs, status, model }: ChatMessage): PartNote {
  return {
    role,
    at: new Date(createdMs).toISOString(),
    ...(status !== 'complete' && { status }),
    ...(model !== undefined && { model }),
  };
}

function headingOf({ role, status, model }: ChatMessage): string {
  if (role === 'user') return '## You';
  const remarks = [model === undefined ? '' : onOneLine(model), status === 'complete' ? '' : status].filter(Boolean);
  return remarks.length === 0 ? '## Assistant' : `## Assistant (${remarks.join(', ')})`;
}

function comment(mark: string, note: PartNote): string {
  // Neither text may end the comment.
  const json = JSON.stringify(note).replace(/--|[<>]/g, (found) => Array.from(found, escaped).join(''));
  return `<!-- ${mark} ${json} -->`;
}

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** All that is written of a message, as it is written. */
function textsOf({ text, model = '', attachments = [] }: ChatMessage): string[] {
  return [
    text,
    onOneLine(model),
    ...attachments.flatMap((attachment) => [onOneLine(attachment.name), attachment.text]),
  ];
}

/** A word that begins no comment in any of the texts. */
function markFor(texts: readonly string[]): string {
  for (let number = 1; ; number++) {
    const mark = number === 1 ? 'part' : `part-${number}`;
    if (!texts.some((text) => text.includes(`<!-- ${mark} `))) return mark;
  }
}
