/**
 * The chat database, version by version. A step that has shipped is never edited: add the next one.
 *
 * @module
 */
import type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import type { ChatMessage } from '../chat/transcript.ts';

export interface ConversationRecord {
  id: string;
  title: string;
  createdMs: number;
  updatedMs: number;
}
export interface MessageRecord extends ChatMessage {
  conversationId: string;
}
export interface ChatSchema extends DBSchema {
  conversations: { key: string; value: ConversationRecord; indexes: { updated: number } };
  messages: { key: [string, number]; value: MessageRecord };
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
];
