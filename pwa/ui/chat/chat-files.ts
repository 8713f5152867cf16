/**
 * Chats as files to keep elsewhere.
 *
 * @module
 */
import { toJson } from '../history/export-json.ts';
import { onOneLine, toMarkdown } from '../history/export-markdown.ts';
import type { ChatHistory } from '../history/history.ts';
import type { WholeChat } from '../history/records.ts';
import { MessageTree } from './tree.ts';

type Reading = Pick<ChatHistory, 'list' | 'messages'>;

/** @param ids default: of all */
export async function readChats(history: Reading, ids?: readonly string[]): Promise<WholeChat[]> {
  const chats = await history.list();
  const wanted = ids ? chats.filter(({ id }) => ids.includes(id)) : chats;
  const messages = await Promise.all(wanted.map(({ id }) => history.messages(id)));
  return wanted.map((conversation, index) => ({ conversation, messages: messages[index]! }));
}

/** One chat: all of it as JSON, or the branch that is shown as Markdown. Undefined where it is gone. */
export async function fileOfChat(history: Reading, id: string, as: 'json' | 'markdown'): Promise<File | undefined> {
  const [whole] = await readChats(history, [id]);
  if (!whole) return undefined;
  const { conversation, messages } = whole;
  const name = fileNameOf(conversation.title);
  if (as === 'json') return new File([toJson([whole])], `${name}.json`, { type: 'application/json' });
  const tree = new MessageTree(messages);
  const leaf = conversation.leaf !== undefined && tree.get(conversation.leaf) ? conversation.leaf : tree.leafOf(null);
  return new File([toMarkdown(conversation, tree.path(leaf))], `${name}.md`, { type: 'text/markdown' });
}

export async function fileOfAllChats(history: Reading): Promise<File> {
  const day = new Date().toISOString().slice(0, 10);
  return new File([toJson(await readChats(history))], `localllm-chats-${day}.json`, { type: 'application/json' });
}

/** A name that every file system takes. */
function fileNameOf(title: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are among what no file name may have
  const plain = onOneLine(title.replace(/[\u0000-\u001f\u007f<>:"/\\|?*]+/g, ' ')).replace(/^[.\s]+|[.\s]+$/g, '');
  return Array.from(plain.toWellFormed()).slice(0, 60).join('').trim() || 'Chat';
}
