/**
 * One open conversation: asks the model, keeps what was said, and saves it while it is being written.
 *
 * @module
 */
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import type { ErrorData } from '../../../engine/protocol/errors.ts';
import type { Client } from '../../../engine/client/index.ts';
import type { ChatHistory } from '../history/history.ts';
import type { ConversationRecord } from '../history/migrations.ts';
import { Observable } from '../observable.ts';
import { promptOf, titleOf } from './transcript.ts';
import type { ChatMessage } from './transcript.ts';

export interface ChatState {
  /** False until the last conversation is read back. */
  opened: boolean;
  conversation?: ConversationRecord;
  /** All but the one that is being written. */
  messages: readonly ChatMessage[];
  streaming?: ChatMessage;
  /** Why nothing is saved. */
  historyError?: ErrorData;
}

/** Claims a conversation for this window; undefined where another window has it open. */
export type Claim = (conversationId: string) => Promise<(() => void) | undefined>;

export interface ChatSessionOptions {
  client: Pick<Client, 'generate'>;
  history: ChatHistory;
  claim?: Claim;
}

/** An answer is written to disk at most this often while it streams. */
const SAVE_MS = 200;
const EMPTY: ChatState = { opened: true, messages: [] };

export class ChatSession extends Observable<ChatState> {
  readonly #client: ChatSessionOptions['client'];
  readonly #history: ChatHistory;
  readonly #claim: Claim;
  #release: (() => void) | undefined;
  #stop: AbortController | undefined;
  #saveTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ client, history, claim = claimByLock }: ChatSessionOptions) {
    super({ opened: false, messages: [] });
    this.#client = client;
    this.#history = history;
    this.#claim = claim;
  }

  get history(): ChatHistory {
    return this.#history;
  }

  /** Opens the latest conversation, or an empty one where there is none or another window has it. */
  async restore(): Promise<void> {
    const latest = await this.#saving(async () => (await this.#history.list())[0]);
    const opened = latest !== undefined && (await this.open(latest));
    if (!opened && !this.value.opened) this.set({ ...this.value, opened: true });
  }

  /** Returns false where another window has the conversation open. */
  async open(conversation: ConversationRecord): Promise<boolean> {
    if (conversation.id === this.value.conversation?.id) return true;
    const release = await this.#claim(conversation.id);
    if (!release) return false;
    this.newChat();
    this.#release = release;
    const messages = (await this.#saving(() => this.#history.messages(conversation.id))) ?? [];
    this.set({ ...this.value, opened: true, conversation, messages });
    return true;
  }

  newChat(): void {
    this.interrupt();
    this.#release?.();
    this.#release = undefined;
    this.set(EMPTY);
  }

  async remove(conversationId: string): Promise<void> {
    if (conversationId === this.value.conversation?.id) this.newChat();
    await this.#saving(() => this.#history.remove(conversationId));
  }

  async removeAll(): Promise<void> {
    this.newChat();
    await this.#saving(() => this.#history.clear());
  }

  /** Asks, and resolves when the answer ended, however it did. */
  async send(text: string): Promise<void> {
    if (this.value.streaming || text.trim() === '') return;
    const nowMs = Date.now();
    let { conversation } = this.value;
    if (!conversation) {
      conversation = { id: crypto.randomUUID(), title: titleOf(text), createdMs: nowMs, updatedMs: nowMs };
      const { id } = conversation;
      void this.#claim(id).then((release) => {
        if (this.value.conversation?.id === id) this.#release = release;
        else release?.();
      });
    }
    const { messages } = this.value;
    const question: ChatMessage = {
      index: messages.length,
      role: 'user',
      text,
      createdMs: nowMs,
      status: 'complete',
    };
    this.set({ ...this.value, conversation, messages: [...messages, question] });
    void this.#save(question);
    await this.#answer();
  }

  /** Writes the last answer anew. */
  async retry(): Promise<void> {
    const { messages, streaming } = this.value;
    if (streaming || messages.length === 0) return;
    const kept = messages.at(-1)?.role === 'assistant' ? messages.slice(0, -1) : messages;
    this.set({ ...this.value, messages: kept });
    await this.#answer();
  }

  stop(): void {
    this.#stop?.abort();
  }

  /** Stops, and saves at once: the window may be gone in a moment. */
  interrupt(): void {
    const { streaming } = this.value;
    if (!streaming) return;
    const stop = this.#stop;
    this.#finish({ ...streaming, status: 'stopped' });
    stop?.abort();
  }

  async #answer(): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    const { messages } = this.value;
    let answer: ChatMessage = {
      index: messages.length,
      role: 'assistant',
      text: '',
      createdMs: Date.now(),
      status: 'streaming',
    };
    this.set({ ...this.value, streaming: answer });
    void this.#save(answer);
    try {
      const stream = this.#client.generate(promptOf(messages), { signal: stop.signal });
      const reader = stream.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.#stop !== stop) break;
        answer = { ...answer, text: answer.text + value };
        if (this.value.streaming) this.set({ ...this.value, streaming: answer });
        this.#saveSoon();
      }
      const { text, finishReason, usage, timing } = await stream.result;
      const figures = { completionTokens: usage.completionTokens, tokensPerSecond: timing.tokensPerSecond };
      answer = { ...answer, text, finishReason, ...figures, status: 'complete' };
    } catch (thrown) {
      const error = LocalLLMError.from(thrown);
      if (error.code === 'aborted') answer = { ...answer, status: 'stopped' };
      else answer = { ...answer, status: 'failed', error: error.toData() };
    }
    // An interrupted answer was finished already.
    if (this.#stop === stop) this.#finish(answer);
  }

  #finish(answer: ChatMessage): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    this.#stop = undefined;
    const { streaming: _, ...rest } = this.value;
    this.set({ ...rest, messages: [...rest.messages, answer] });
    void this.#save(answer);
  }

  #saveSoon(): void {
    this.#saveTimer ??= setTimeout(() => {
      this.#saveTimer = undefined;
      if (this.value.streaming) void this.#save(this.value.streaming);
    }, SAVE_MS);
  }

  async #save(message: ChatMessage): Promise<void> {
    const { conversation } = this.value;
    if (!conversation) return;
    const updated = { ...conversation, updatedMs: Date.now() };
    // Both at once: a removal that follows must come after both.
    await this.#saving(() =>
      Promise.all([this.#history.saveMessage(conversation.id, message), this.#history.saveConversation(updated)]),
    );
  }

  /** A chat that cannot be saved still goes on. */
  async #saving<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.set({ ...this.value, historyError: LocalLLMError.from(error, 'storage').toData() });
      return undefined;
    }
  }
}

/** A Web Lock for as long as the window lives. A window that was closed a moment ago may still hold it. */
async function claimByLock(conversationId: string): Promise<(() => void) | undefined> {
  if (!('locks' in navigator)) return () => {};
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: claimed, resolve: settle } = Promise.withResolvers<boolean>();
  navigator.locks
    .request(`localllm-chat:${conversationId}`, { signal: AbortSignal.timeout(600) }, async () => {
      settle(true);
      await released;
    })
    .catch(() => settle(false));
  return (await claimed) ? release : undefined;
}
