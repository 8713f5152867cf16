/**
 * An engine whose other end a test plays, and a history in memory.
 *
 * @module
 */
import { createClient } from '../engine/client/index.ts';
import type { DownFrame, GenerateParams, GenerateResult, Message, UpFrame } from '../engine/protocol/messages.ts';
import { ChatSession } from '../pwa/ui/chat/session.ts';
import type { ChatSessionOptions } from '../pwa/ui/chat/session.ts';
import type { ChatHistory } from '../pwa/ui/history/history.ts';
import type { ChatMessage, ConversationRecord } from '../pwa/ui/history/records.ts';

type Generate = Extract<DownFrame, { t: 'request' }> & { params: { input: Message[]; options: GenerateParams } };

/** A client whose other end the test plays. */
function scriptedClient() {
  const requests: Generate[] = [];
  const cancelled: number[] = [];
  let emit: (frame: UpFrame) => void = () => {};
  const client = createClient((handlers) => {
    emit = handlers.onFrame;
    return {
      send(frame) {
        if (frame.t === 'request') requests.push(frame as Generate);
        if (frame.t === 'cancel') cancelled.push(frame.id);
      },
      close() {},
    };
  });
  const last = () => requests.at(-1)!.id;
  return {
    client,
    requests,
    cancelled,
    delta: (text: string) => emit({ t: 'delta', id: last(), text }),
    /** The contents of the messages of the last request. */
    asked: () => requests.at(-1)!.params.input.map(({ content }) => content),
    done(text: string, finishReason: GenerateResult['finishReason'] = 'stop') {
      const result: GenerateResult = {
        text,
        finishReason,
        usage: { promptTokens: 5, cachedTokens: 0, completionTokens: 2 },
        timing: { ttftMs: 1, tokensPerSecond: 20 },
      };
      emit({ t: 'done', id: last(), result });
    },
    reply: (result: unknown) => emit({ t: 'done', id: last(), result }),
    fail: () => emit({ t: 'error', id: last(), error: { code: 'quota', message: 'too long' } }),
  };
}

export function memoryHistory(): ChatHistory & { failing: boolean } {
  const conversations = new Map<string, ConversationRecord>();
  const stored = new Map<string, Map<string, ChatMessage>>();
  const history: ChatHistory & { failing: boolean } = {
    failing: false,
    list: async () => [...conversations.values()].sort((a, b) => b.updatedMs - a.updatedMs),
    messages: async (id) => [...(stored.get(id)?.values() ?? [])],
    async *allMessages() {
      for (const [conversationId, messages] of stored) {
        yield [...messages.values()].map((message) => ({ ...message, conversationId }));
      }
      return undefined;
    },
    saveConversation: async (conversation) => {
      if (history.failing) throw new Error('disk on fire');
      conversations.set(conversation.id, conversation);
    },
    save: async (conversation, message) => {
      const { id } = conversation;
      await history.saveConversation(conversation);
      stored.set(id, (stored.get(id) ?? new Map<string, ChatMessage>()).set(message.id, message));
    },
    saveAll: async (chats) => {
      if (history.failing) throw new Error('disk on fire');
      for (const { conversation, messages } of chats) {
        conversations.set(conversation.id, conversation);
        stored.set(conversation.id, new Map(messages.map((message) => [message.id, message])));
      }
    },
    remove: async (id) => void (conversations.delete(id), stored.delete(id)),
    clear: async () => {
      conversations.clear();
      stored.clear();
    },
  };
  return history;
}

export function setup(options: Partial<ChatSessionOptions> = {}) {
  const engine = scriptedClient();
  const history = memoryHistory();
  const claim = async (): Promise<(() => void) | undefined> => () => {};
  const session = new ChatSession({ client: engine.client, history, claim, ...options });
  return { engine, history, session, claim };
}
