/**
 * One open conversation: asks the model, keeps what was said in all its versions, and saves it while it is being written.
 *
 * @module
 */
import type { Client } from '../../../engine/client/index.ts';
import type { ErrorData } from '../../../engine/protocol/errors.ts';
import type { Measure } from '../../../engine/protocol/messages.ts';
import type { ChatHistory } from '../history/history.ts';
import type { Attachment, ChatMessage, ChatSettings, ConversationRecord } from '../history/records.ts';
import { Observable } from '../observable.ts';
import { cleanName } from './attachments.ts';
import { changed, type SettingChanges } from './chat-settings.ts';
import { type Claim, claimByLock } from './claim.ts';
import { ChatKeeper } from './keeper.ts';
import { makeConversation, makeQuestion, optionsOf, promptOf, titled } from './transcript.ts';
import { MessageTree, type Versions } from './tree.ts';
import { canContinue, makeAnswer, writeAnswer } from './write-answer.ts';

export interface ChatState {
  /** False until the last conversation is read back. */
  opened: boolean;
  conversation?: ConversationRecord;
  /** Of the conversation, or of the one that the next question begins. */
  settings: ChatSettings;
  /** The branch that is shown, but for the message that is being written. */
  messages: readonly ChatMessage[];
  streaming?: ChatMessage;
  /** What goes along with the next question. */
  draftAttachments: readonly Attachment[];
  /** The question that is being written anew. */
  editing?: string;
  /** Why nothing is saved. */
  historyError?: ErrorData | undefined;
}

export interface ChatSessionOptions {
  client: Pick<Client, 'generate' | 'measure'>;
  history: ChatHistory;
  claim?: Claim;
  /** The name of the model that answers now. */
  modelName?: () => string | undefined;
  /** The system prompt that its settings have for new chats. */
  defaultSystem?: () => string | undefined;
}

export class ChatSession extends Observable<ChatState> {
  /** The question that is being typed: it outlives the field. */
  draft = '';
  readonly #options: Required<ChatSessionOptions>;
  readonly #keeper: ChatKeeper;
  #tree = new MessageTree();
  #release: (() => void) | undefined;
  #opening: Promise<unknown> = Promise.resolve();
  #stop: AbortController | undefined;

  constructor(options: ChatSessionOptions) {
    super({ opened: false, settings: {}, messages: [], draftAttachments: [] });
    this.#keeper = new ChatKeeper(options.history, (historyError) => this.set({ ...this.value, historyError }));
    const unknown = () => undefined;
    this.#options = { claim: claimByLock, modelName: unknown, defaultSystem: unknown, ...options };
  }

  get history(): ChatHistory {
    return this.#options.history;
  }

  /** The versions of a message, itself among them. */
  readonly versionsOf = (message: ChatMessage): Versions => this.#tree.versionsOf(message);

  /** Opens the latest conversation, or an empty one where there is none or another window has it. */
  async restore(): Promise<void> {
    const opened = await this.#keeper.quietly(async (history) => {
      const [latest] = await history.list();
      return latest !== undefined && (await this.open(latest));
    });
    if (!opened && !this.value.opened) this.set({ ...this.value, opened: true });
  }

  /**
   * One after the other: the one that was asked for last stays. Returns false where another window has the conversation open.
   * @throws LocalLLMError storage: it cannot be read, and what was open stays
   */
  open(conversation: ConversationRecord): Promise<boolean> {
    const opened = this.#opening.then(() => this.#open(conversation));
    this.#opening = opened.catch(() => {});
    return opened;
  }

  async #open(conversation: ConversationRecord): Promise<boolean> {
    if (conversation.id === this.value.conversation?.id) return true;
    const release = await this.#options.claim(conversation.id);
    if (!release) return false;
    // Until it is read, the person may go on with what is there.
    const all = await this.history.messages(conversation.id).catch((error: unknown) => {
      release();
      throw error;
    });
    this.newChat();
    this.#release = release;
    this.#tree = new MessageTree(all);
    // Where the end of a window cut off what is newest, the branch ends earlier or goes on.
    const leaf = this.#tree.get(conversation.leaf ?? '')?.id ?? null;
    const messages = this.#tree.show(this.#tree.leafOf(leaf));
    this.set({ ...this.value, opened: true, conversation, settings: conversation.settings ?? {}, messages });
    return true;
  }

  /** What is attached to the next question stays, as what is typed of it does. */
  newChat(): void {
    this.interrupt();
    this.#release?.();
    this.#release = undefined;
    this.#tree = new MessageTree();
    this.set({ opened: true, settings: {}, messages: [], draftAttachments: this.value.draftAttachments });
  }

  async remove(conversationId: string): Promise<void> {
    if (conversationId === this.value.conversation?.id) this.newChat();
    await this.#keeper.quietly((history) => history.remove(conversationId));
  }

  /** An empty title: made of the first question again. Returns false where another window has the conversation open. */
  async rename(title: string, conversation = this.value.conversation): Promise<boolean> {
    if (!conversation) return true;
    const own = conversation.id === this.value.conversation?.id;
    const release = own ? () => {} : await this.#options.claim(conversation.id);
    if (!release) return false;
    const first = own ? this.#tree.path(this.#tree.leafOf(null))[0] : undefined;
    const renamed = titled(conversation, title, first);
    if (own) this.set({ ...this.value, conversation: renamed });
    await this.#keeper.quietly((history) => history.saveConversation(renamed));
    release();
    return true;
  }

  /** What is undefined is as the model's own settings have it again. */
  setSettings(changes: SettingChanges): void {
    const settings = changed(this.value.settings, changes);
    const { conversation } = this.value;
    if (!conversation) return this.set({ ...this.value, settings });
    const saved = { ...conversation, settings };
    this.set({ ...this.value, settings, conversation: saved });
    void this.#keeper.quietly((history) => history.saveConversation(saved));
  }

  /** Puts a text beside the question that is being typed. The same text again changes nothing. */
  attach({ name, text }: Attachment): void {
    const attachment = { name: cleanName(name), text };
    const { draftAttachments } = this.value;
    if (draftAttachments.some((other) => other.name === attachment.name && other.text === text)) return;
    this.set({ ...this.value, draftAttachments: [...draftAttachments, attachment] });
  }

  detach(attachment: Attachment): void {
    this.set({ ...this.value, draftAttachments: this.value.draftAttachments.filter((other) => other !== attachment) });
  }

  /** What the model would be shown if this was asked now, in tokens. */
  measure(text: string, signal: AbortSignal): Promise<Measure> {
    const { messages, settings, draftAttachments } = this.value;
    const question = makeQuestion(messages.at(-1)?.id ?? null, text, draftAttachments);
    return this.#options.client.measure(promptOf([...messages, question]), { ...optionsOf(settings), signal });
  }

  /** Asks, and resolves when the answer ended, however it did. */
  async send(text: string): Promise<void> {
    const { messages, streaming, draftAttachments } = this.value;
    if (streaming || (text.trim() === '' && draftAttachments.length === 0)) return;
    const question = makeQuestion(messages.at(-1)?.id ?? null, text, draftAttachments);
    if (!this.value.conversation) this.#begin(question);
    this.set({ ...this.value, draftAttachments: [] });
    await this.#ask(question);
  }

  /** Writes the last answer anew, or the one that is missing. */
  async retry(): Promise<void> {
    const last = this.value.messages.at(-1);
    if (last) await this.regenerate(last.id);
  }

  /** Writes another version of an answer, or an answer to a question that has none. One that has no text is no version. */
  async regenerate(id: string): Promise<void> {
    const message = this.#tree.get(id);
    if (!message || this.value.streaming) return;
    if (message.role === 'user') return this.#answer(makeAnswer(message.id));
    await this.#answer({ ...makeAnswer(message.parent), ...(message.text === '' && { id }) });
  }

  /** Goes on with the last answer where it ended. */
  async continueAnswer(): Promise<void> {
    const last = this.value.messages.at(-1);
    if (!last || !canContinue(last) || this.value.streaming) return;
    const { error: _e, finishReason: _f, ...rest } = last;
    await this.#answer({ ...rest, status: 'streaming' });
  }

  /** The last question is it, where none is named. */
  beginEdit(id = this.value.messages.findLast(({ role }) => role === 'user')?.id): void {
    if (id !== undefined && !this.value.streaming) this.set({ ...this.value, editing: id });
  }

  endEdit(): void {
    const { editing: _, ...rest } = this.value;
    this.set(rest);
  }

  /** Asks another version of a question, with what was attached to it. */
  async edit(id: string, text: string): Promise<void> {
    const question = this.#tree.get(id);
    if (question?.role !== 'user' || this.value.streaming) return;
    this.endEdit();
    await this.#ask(makeQuestion(question.parent, text, question.attachments ?? []));
  }

  /** Shows a version, and what was shown after it before. */
  switchTo(id: string): void {
    const leaf = this.#tree.leafOf(id);
    const { conversation } = this.value;
    if (this.value.streaming || leaf === undefined || !conversation) return;
    const shown = { ...conversation, leaf };
    this.endEdit();
    this.set({ ...this.value, conversation: shown, messages: this.#tree.show(leaf) });
    void this.#keeper.quietly((history) => history.saveConversation(shown));
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

  #begin(question: ChatMessage): void {
    const system = this.#options.defaultSystem();
    const settings = { ...(system !== undefined && { system }), ...this.value.settings };
    const conversation = makeConversation(question, settings);
    void this.#options.claim(conversation.id).then((release) => {
      if (this.value.conversation?.id === conversation.id) this.#release = release;
      else release?.();
    });
    this.set({ ...this.value, conversation, settings });
  }

  async #ask(question: ChatMessage): Promise<void> {
    this.#tree.put(question);
    void this.#save(question);
    await this.#answer(makeAnswer(question.id));
  }

  /** Writes an answer; one that has text already is continued. */
  async #answer(begun: ChatMessage): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    this.#tree.put(begun);
    const messages = this.#tree.show(begun.id).slice(0, -1);
    this.set({ ...this.value, messages, streaming: begun });
    void this.#save(begun);
    const { client, modelName } = this.#options;
    const { settings } = this.value;
    const answer = await writeAnswer({
      begun,
      ask: (prefix) =>
        client.generate([...promptOf(messages), ...prefix], { ...optionsOf(settings), signal: stop.signal }),
      modelName,
      onText: (streaming) => {
        if (this.#stop !== stop) return false;
        this.set({ ...this.value, streaming });
        this.#keeper.soon(() => this.value.streaming && void this.#save(this.value.streaming));
        return true;
      },
    });
    // An interrupted answer was finished already.
    if (this.#stop === stop) this.#finish(answer);
  }

  #finish(answer: ChatMessage): void {
    this.#keeper.notSoon();
    this.#stop = undefined;
    this.#tree.put(answer);
    const { streaming: _, ...rest } = this.value;
    this.set({ ...rest, messages: [...rest.messages, answer] });
    void this.#save(answer);
  }

  async #save(message: ChatMessage): Promise<void> {
    const { conversation } = this.value;
    if (!conversation) return;
    const updated = { ...conversation, updatedMs: Date.now(), leaf: message.id };
    this.set({ ...this.value, conversation: updated });
    await this.#keeper.save(updated, message, this.#tree.all);
  }
}
