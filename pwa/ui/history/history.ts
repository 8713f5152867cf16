/**
 * Conversations in IndexedDB.
 *
 * @module
 */
import { openDB } from 'idb';
import type { IDBPDatabase, StoreNames } from 'idb';
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import { MIGRATIONS } from './migrations.ts';
import type { ChatSchema, Migration } from './migrations.ts';
import type { ChatMessage, ConversationRecord, MessageRecord, WholeChat } from './records.ts';

export interface ChatHistory {
  /** Latest first. */
  list(): Promise<ConversationRecord[]>;
  /** All messages of all branches, oldest first; one that was being written when its window closed comes back as stopped. */
  messages(conversationId: string): Promise<ChatMessage[]>;
  /** Of all conversations, some at a time, those of one conversation together. What is written meanwhile may be missing. */
  allMessages(): AsyncIterableIterator<MessageRecord[], undefined>;
  saveConversation(conversation: ConversationRecord): Promise<void>;
  /** A message together with its conversation. */
  save(conversation: ConversationRecord, message: ChatMessage): Promise<unknown>;
  /** All of them or, where that fails, none. */
  saveAll(chats: readonly WholeChat[]): Promise<void>;
  remove(conversationId: string): Promise<void>;
  clear(): Promise<void>;
}

const DATABASE = 'localllm-chat';
/** Messages that are read at once. */
const BATCH = 256;

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
        return records.map(({ conversationId: _, ...message }) => ended(message)).sort(byAge);
      }),
    allMessages: () => inBatches((range) => use((db) => db.getAll('messages', range, BATCH))),
    saveConversation: (conversation) => use((db) => commit(db, 'conversations', conversation)),
    save: (conversation, message) =>
      use((db) =>
        // The message need not wait for whoever reads the list.
        Promise.all([
          commit(db, 'messages', { ...message, conversationId: conversation.id }),
          commit(db, 'conversations', conversation),
        ]),
      ),
    saveAll: (chats) => use((db) => saveWhole(db, chats)),
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

async function* inBatches(
  read: (range: IDBKeyRange | undefined) => Promise<MessageRecord[]>,
): AsyncGenerator<MessageRecord[], undefined> {
  let range: IDBKeyRange | undefined;
  for (;;) {
    const batch = await read(range);
    const last = batch.at(-1);
    if (!last) return undefined;
    yield batch.map(ended);
    range = IDBKeyRange.lowerBound([last.conversationId, last.id], true);
  }
}

async function saveWhole(db: IDBPDatabase<ChatSchema>, chats: readonly WholeChat[]): Promise<void> {
  const transaction = db.transaction(['conversations', 'messages'], 'readwrite');
  try {
    for (const { conversation, messages } of chats) {
      await transaction.objectStore('conversations').put(conversation);
      const store = transaction.objectStore('messages');
      await Promise.all(messages.map((message) => store.put({ ...message, conversationId: conversation.id })));
    }
  } catch (error) {
    transaction.done.catch(() => {}); // the error that led to it tells
    transaction.abort();
    throw error;
  }
  await transaction.done;
}

/** Without waiting for the write: a window that is closing has no time for that. */
async function commit<S extends StoreNames<ChatSchema>>(
  db: IDBPDatabase<ChatSchema>,
  store: S,
  value: ChatSchema[S]['value'],
): Promise<void> {
  const transaction = db.transaction(store, 'readwrite');
  const put = transaction.store.put(value);
  transaction.commit();
  await Promise.all([put, transaction.done]); // where it fails, both say so
}

/** Whoever was writing it is gone. */
function ended<M extends ChatMessage>(message: M): M {
  return message.status === 'streaming' ? { ...message, status: 'stopped' } : message;
}

/** Oldest first. */
export function byAge(a: ChatMessage, b: ChatMessage): number {
  return a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1);
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
