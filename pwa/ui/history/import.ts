/**
 * Chats out of files that this app exported: all that a file holds, or none of it.
 *
 * @module
 */
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import { formatBytes } from '../format.ts';
import { chatsOfJson } from './import-json.ts';
import { chatOfMarkdown, isOurMarkdown } from './import-markdown.ts';
import type { WholeChat } from './records.ts';

/** What is offered for choosing. */
export const IMPORTED_TYPES = '.json,.md,application/json,text/markdown';

const MAX_FILE_BYTES = 200e6;

/**
 * Reads and checks one file.
 * @throws LocalLLMError bad-file, not-supported: a newer format; the message names the file and says what to do
 */
export async function chatsOfFile(file: Pick<File, 'name' | 'size' | 'text'>): Promise<WholeChat[]> {
  const refuse = (code: 'bad-file' | 'not-supported', why: string, cause?: unknown) =>
    new LocalLLMError(code, `“${file.name.slice(0, 100)}” was not imported. ${why}`, { cause });
  if (file.size > MAX_FILE_BYTES) {
    throw refuse(
      'bad-file',
      `It has ${formatBytes(file.size)}; chats are read from up to ${formatBytes(MAX_FILE_BYTES)}.`,
    );
  }
  const text = (await file.text()).replace(/^\ufeff/, '');
  try {
    if (isOurMarkdown(text)) return [chatOfMarkdown(text)];
    if (/^\s*\{/.test(text)) return chatsOfJson(text);
  } catch (error) {
    const { code, message } = LocalLLMError.from(error, 'bad-file');
    throw refuse(code === 'not-supported' ? code : 'bad-file', message, error);
  }
  throw refuse('bad-file', 'It holds no chats of localLLM. Choose a JSON or Markdown file that localLLM exported.');
}

/** The chats with other ids where theirs are taken. */
export function withFreeIds(chats: readonly WholeChat[], takenIds: Iterable<string>): WholeChat[] {
  const taken = new Set(takenIds);
  return chats.map((chat) => {
    const id = taken.has(chat.conversation.id) ? crypto.randomUUID() : chat.conversation.id;
    taken.add(id);
    return { ...chat, conversation: { ...chat.conversation, id } };
  });
}
