/**
 * The chat database, version by version. A step that has shipped is never edited: add the next one.
 *
 * @module
 */
import { unwrap } from 'idb';
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import type { ChatMessage, ConversationRecord, MessageRecord } from './records.ts';

export interface ChatSchema extends DBSchema {
  conversations: { key: string; value: ConversationRecord; indexes: { updated: number } };
  messages: { key: [string, string]; value: MessageRecord };
}

type Upgrade = IDBPTransaction<ChatSchema, StoreNames<ChatSchema>[], 'versionchange'>;
export type Migration = (db: IDBPDatabase<ChatSchema>, transaction: Upgrade) => void | Promise<void>;

/** Step `n` takes a database from version `n` to `n + 1`. */
export const MIGRATIONS: readonly Migration[] = [
  (db) => {
    db.createObjectStore('conversations', { keyPath: 'id' }).createIndex('updated', 'updatedMs');
    // Messages of one conversation lie side by side, in order, and one can be written without the others.
    db.createObjectStore('messages', { keyPath: ['conversationId', 'index'] });
  },
  toTree,
];

/** Version 1 had a line of messages by `index`; since version 2 each names the one that it follows. */
async function toTree(db: IDBPDatabase<ChatSchema>, transaction: Upgrade): Promise<void> {
  type Old = Omit<ChatMessage, 'id' | 'parent'> & { conversationId: string; index: number };
  // A store's key path is fixed: the old one steps aside.
  unwrap(transaction.objectStore('messages')).name = OLD_MESSAGES;
  const old = transaction.objectStore(OLD_MESSAGES as 'messages');
  const messages = db.createObjectStore('messages', { keyPath: ['conversationId', 'id'] });
  const conversations = transaction.objectStore('conversations');
  for await (const cursor of conversations.iterate()) {
    const conversation = cursor.value;
    const range = IDBKeyRange.bound([conversation.id], [conversation.id, []]);
    let parent: string | null = null;
    for (const { index, ...message } of (await old.getAll(range)) as unknown as Old[]) {
      const id = String(index);
      await messages.put({ ...message, id, parent });
      parent = id;
    }
    await cursor.update({ ...conversation, titledBy: 'question', ...(parent !== null && { leaf: parent }) });
  }
  // What is left belongs to chats that were deleted.
  db.deleteObjectStore(OLD_MESSAGES as 'messages');
}

const OLD_MESSAGES = 'messages-1';
