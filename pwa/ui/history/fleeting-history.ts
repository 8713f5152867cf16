/**
 * Conversations of a private window: in memory alone, gone with the view that has them.
 *
 * @module
 */
import { byAge, type ChatHistory } from './history.ts';
import type { ChatMessage, ConversationRecord, MessageRecord } from './records.ts';

export function createFleetingHistory(): ChatHistory {
  const conversations = new Map<string, ConversationRecord>();
  const messages = new Map<string, Map<string, ChatMessage>>();
  const keep = (conversation: ConversationRecord, ...added: readonly ChatMessage[]): void => {
    conversations.set(conversation.id, conversation);
    const all = messages.get(conversation.id) ?? new Map<string, ChatMessage>();
    messages.set(conversation.id, all);
    for (const message of added) all.set(message.id, message);
  };
  const messagesOf = (id: string) => [...(messages.get(id)?.values() ?? [])].sort(byAge);
  return {
    list: async () => [...conversations.values()].sort((a, b) => b.updatedMs - a.updatedMs),
    messages: async (id) => messagesOf(id),
    async *allMessages(): AsyncGenerator<MessageRecord[], undefined> {
      for (const conversationId of conversations.keys()) {
        yield messagesOf(conversationId).map((message) => ({ ...message, conversationId }));
      }
    },
    saveConversation: async (conversation) => keep(conversation),
    save: async (conversation, message) => keep(conversation, message),
    saveAll: async (chats) => {
      for (const { conversation, messages: all } of chats) keep(conversation, ...all);
    },
    remove: async (id) => {
      conversations.delete(id);
      messages.delete(id);
    },
    clear: async () => {
      conversations.clear();
      messages.clear();
    },
  };
}
