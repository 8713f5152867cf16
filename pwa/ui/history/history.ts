/**
 * Conversations in IndexedDB.
 *
 * @module
 */
import { openDB } from 'idb';
import type { IDBPDatabase } from 'idb';
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import type { ChatMessage } from '../chat/transcript.ts';
import { MIGRATIONS } from './migrations.ts';
import type { ChatSchema, ConversationRecord, Migration } from './migrations.ts';

export interface ChatHistory {
  /** Latest first. */
  list(): Promise<ConversationRecord[]>;
  /** The messages in order; one that was being written when its window closed comes back as stopped. */
  messages(conversationId: string): Promise<ChatMessage[]>;
  saveConversation(conversation: ConversationRecord): Promise<void>;
  saveMessage(conversationId: string, message: ChatMessage): Promise<void>;
  remove(conversationId: string): Promise<void>;
  clear(): Promise<void>;
}

const DATABASE = 'localllm-chat';

/** @throws LocalLLMError storage, storage-full from every method */
export function createHistory(name = DATABASE, migrations: readonly Migration[] = MIGRATIONS): ChatHistory {
  let opened: Promise<IDBPDatabase<ChatSchema>> | undefined;
  const use = async <T>(work: (db: IDBPDatabase<ChatSchema>) => Promise<T>): Promise<T> => {
    try {
      opened ??= open(name, migrations, () => (opened = undefined));
      return await work(await opened);
    } catch (error) {
      opened = undefined;
      throw asStorageError(error);
    }
  };
  const ofConversation = (id: string) => IDBKeyRange.bound([id], [id, []]);
  return {
    list: () => use(async (db) => (await db.getAllFromIndex('conversations', 'updated')).reverse()),
    messages: (id) =>
      use(async (db) => {
        const records = await db.getAll('messages', ofConversation(id));
        return records.map(({ conversationId: _, ...message }) =>
          message.status === 'streaming' ? { ...message, status: 'stopped' } : message,
        );
      }),
    saveConversation: (conversation) => use(async (db) => void (await db.put('conversations', conversation))),
    saveMessage: (conversationId, message) =>
      use(async (db) => {
        const transaction = db.transaction('messages', 'readwrite');
        void transaction.store.put({ ...message, conversationId });
        // Without waiting for the put: a window that is closing has no time for that.
        transaction.commit();
        await transaction.done;
      }),
    remove: (id) =>
      use(async (db) => {
        const transaction = db.transaction(['conversations', 'messages'], 'readwrite');
        await Promise.all([
          transaction.objectStore('conversations').delete(id),
          transaction.objectStore('messages').delete(ofConversation(id)),
          transaction.done,
        ]);
      }),
    clear: () =>
      use(async (db) => {
        const transaction = db.transaction(['conversations', 'messages'], 'readwrite');
        await Promise.all([
          transaction.objectStore('conversations').clear(),
          transaction.objectStore('messages').clear(),
          transaction.done,
        ]);
      }),
  };
}

function open(name: string, migrations: readonly Migration[], onGone: () => void): Promise<IDBPDatabase<ChatSchema>> {
  return openDB<ChatSchema>(name, migrations.length, {
    async upgrade(db, from, _to, transaction) {
      for (const migrate of migrations.slice(from)) await migrate(db, transaction);
    },
    // A newer version in another tab must not wait for this one.
    blocking: (_current, _blocked, event) => {
      (event.target as IDBDatabase).close();
      onGone();
    },
    terminated: onGone,
  });
}

function asStorageError(error: unknown): LocalLLMError {
  const { name = '', message = String(error) } = error instanceof Error ? error : {};
  if (name === 'QuotaExceededError') {
    return new LocalLLMError('storage-full', 'There is no room left to save chats. Delete some chats or models.', {
      cause: error,
    });
  }
  if (name === 'VersionError') {
    return new LocalLLMError('storage', 'The saved chats belong to a newer version of localLLM. Reload to update.', {
      cause: error,
    });
  }
  return new LocalLLMError('storage', `Chats cannot be saved here: ${message} Private windows often forbid it.`, {
    cause: error,
  });
}
