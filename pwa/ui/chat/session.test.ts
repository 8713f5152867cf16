import { expect, test, vi } from 'vitest';
import { createClient } from '../../../engine/client/index.ts';
import type { DownFrame, GenerateResult, UpFrame } from '../../../engine/protocol/messages.ts';
import type { ChatHistory } from '../history/history.ts';
import { ChatSession } from './session.ts';
import type { ChatMessage, ConversationRecord } from '../history/records.ts';

type Generate = Extract<DownFrame, { t: 'request' }> & { params: { input: { content: string }[] } };

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
    done(text: string) {
      const result: GenerateResult = {
        text,
        finishReason: 'stop',
        usage: { promptTokens: 5, cachedTokens: 0, completionTokens: 2 },
        timing: { ttftMs: 1, tokensPerSecond: 20 },
      };
      emit({ t: 'done', id: last(), result });
    },
    fail: () => emit({ t: 'error', id: last(), error: { code: 'quota', message: 'too long' } }),
  };
}

function memoryHistory(): ChatHistory & { failing: boolean } {
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
    saveMessage: async (id, message) => {
      stored.set(id, (stored.get(id) ?? new Map<string, ChatMessage>()).set(message.id, message));
    },
    saveAll: async (chats) => {
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

function setup(claim = async (): Promise<(() => void) | undefined> => () => {}) {
  const engine = scriptedClient();
  const history = memoryHistory();
  const session = new ChatSession({ client: engine.client, history, claim });
  return { engine, history, session, claim };
}

test('a question is asked, answered and saved', async () => {
  const { engine, history, session } = setup();
  const asked = session.send('Hi?');
  engine.delta('Hel');
  await vi.waitFor(() => expect(session.value.streaming?.text).toBe('Hel'));
  engine.done('Hello');
  await asked;
  expect(session.value.streaming).toBeUndefined();
  expect(session.value.messages.map(({ text, status }) => [text, status])).toEqual([
    ['Hi?', 'complete'],
    ['Hello', 'complete'],
  ]);
  const [saved] = await history.list();
  expect(saved?.title).toBe('Hi?');
  expect((await history.messages(saved!.id)).map(({ text }) => text)).toEqual(['Hi?', 'Hello']);
});

test('the conversation so far goes along with the next question', async () => {
  const { engine, session } = setup();
  const first = session.send('one');
  engine.done('two');
  await first;
  const second = session.send('three');
  expect(engine.requests.at(-1)?.params.input.map(({ content }) => content)).toEqual(['one', 'two', 'three']);
  engine.done('four');
  await second;
});

test('stop keeps what was written, cancels the work, and retry writes it anew', async () => {
  const { engine, session } = setup();
  const asked = session.send('A story');
  engine.delta('Once');
  await vi.waitFor(() => expect(session.value.streaming?.text).toBe('Once'));
  session.stop();
  await asked;
  expect(engine.cancelled).toHaveLength(1);
  expect(session.value.messages.at(-1)).toMatchObject({ text: 'Once', status: 'stopped' });
  const again = session.retry();
  expect(session.value.messages).toHaveLength(1);
  expect(engine.requests.at(-1)?.params.input.map(({ content }) => content)).toEqual(['A story']);
  engine.done('Once upon a time');
  await again;
  expect(session.value.messages.map(({ text }) => text)).toEqual(['A story', 'Once upon a time']);
});

test('a failure is kept with its code', async () => {
  const { engine, session } = setup();
  const asked = session.send('long');
  engine.fail();
  await asked;
  expect(session.value.messages.at(-1)).toMatchObject({ status: 'failed', error: { code: 'quota' } });
});

test('a window that goes away saves the partial answer as stopped and cancels the work', async () => {
  const { engine, history, session } = setup();
  const asked = session.send('A story');
  engine.delta('Once');
  await vi.waitFor(() => expect(session.value.streaming?.text).toBe('Once'));
  session.interrupt();
  await asked;
  const [saved] = await history.list();
  expect((await history.messages(saved!.id))[1]).toMatchObject({ text: 'Once', status: 'stopped' });
  expect(session.value.messages).toHaveLength(2);
  expect(engine.cancelled).toHaveLength(1);
});

test('the next window reads the conversation back', async () => {
  const { engine, history, session, claim } = setup();
  const asked = session.send('Hi?');
  engine.done('Hello');
  await asked;
  const next = new ChatSession({ client: engine.client, history, claim });
  await next.restore();
  expect(next.value.opened).toBe(true);
  expect(next.value.messages.map(({ text }) => text)).toEqual(['Hi?', 'Hello']);
});

test('a conversation that is open elsewhere is left alone', async () => {
  const { engine, history, session } = setup();
  const asked = session.send('Hi?');
  engine.done('Hello');
  await asked;
  const next = new ChatSession({ client: engine.client, history, claim: async () => undefined });
  await next.restore();
  expect(next.value).toMatchObject({ opened: true, messages: [] });
});

test('a conversation deleted in the middle of an answer does not come back', async () => {
  const { engine, history, session } = setup();
  const asked = session.send('Hi?');
  engine.delta('Hel');
  await vi.waitFor(() => expect(session.value.streaming?.text).toBe('Hel'));
  await session.remove(session.value.conversation!.id);
  await asked;
  expect(await history.list()).toEqual([]);
  expect(session.value.messages).toEqual([]);
});

test('a new chat ends the answer of the old one', async () => {
  const { engine, session } = setup();
  const asked = session.send('Hi?');
  session.newChat();
  await asked;
  expect(engine.cancelled).toHaveLength(1);
  expect(session.value).toEqual({ opened: true, settings: {}, messages: [], draftAttachments: [] });
});

test('a chat that cannot be saved goes on and says so', async () => {
  const { engine, history, session } = setup();
  history.failing = true;
  const asked = session.send('Hi?');
  engine.done('Hello');
  await asked;
  await vi.waitFor(() => expect(session.value.historyError?.message).toContain('disk on fire'));
  expect(session.value.messages.at(-1)?.text).toBe('Hello');
});
