/**
 * The chats of this device as the list of them shows them: all or those that a search finds, with what a person does to them.
 *
 * @module
 */
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import { chatsOfFile, withFreeIds } from '../history/import.ts';
import type { ConversationRecord, WholeChat } from '../history/records.ts';
import { searchTexts, termsOf } from '../history/search.ts';
import type { Hit } from '../history/search.ts';
import { Observable } from '../observable.ts';
import { readChats } from './chat-files.ts';
import { claimedElsewhere } from './claim.ts';
import { showBranch } from './found.ts';
import type { Found } from './found.ts';
import { sameRecords } from './same-records.ts';
import type { ChatSession } from './session.ts';

export interface Toast {
  text: string;
  /** What was deleted can be brought back. */
  undo?: boolean;
}

export interface ChatsState {
  /** Latest first; undefined until they are read. */
  chats?: readonly ConversationRecord[];
  query: string;
  /** What was found in texts, by the chat's id; undefined where nothing is searched for. */
  hits?: ReadonlyMap<string, Hit>;
  /** Texts are being read. */
  searching: boolean;
  /** Those that another window has open. */
  elsewhere: ReadonlySet<string>;
  /** Why the last thing could not be done. */
  problem?: string;
  toast?: Toast;
}

type Session = Pick<
  ChatSession,
  'history' | 'value' | 'subscribe' | 'open' | 'newChat' | 'switchTo' | 'remove' | 'rename'
>;
export interface ChatsOptions {
  session: Session;
  /** Those that other windows have open. */
  claimed?: () => Promise<ReadonlySet<string>>;
  /** Where in the open chat a search found it; undefined: it was opened without one. */
  onFound?: (found: Found | undefined) => void;
}

const TOAST_MS = 10_000;
const OTHER_WINDOW = 'It is open in another window. Close it there first.';

export class Chats extends Observable<ChatsState> {
  readonly #session: Session;
  readonly #claimed: () => Promise<ReadonlySet<string>>;
  readonly #onFound: (found: Found | undefined) => void;
  #search: AbortController | undefined;
  #toastTimer: ReturnType<typeof setTimeout> | undefined;
  #refreshes = 0;
  #deleted: WholeChat[] = [];
  /** The chat that was open when it was deleted. */
  #reopen: string | undefined;

  constructor({ session, claimed = claimedElsewhere, onFound = () => {} }: ChatsOptions) {
    super({ query: '', searching: false, elsewhere: new Set() });
    this.#session = session;
    this.#claimed = claimed;
    this.#onFound = onFound;
  }

  /** Follows the open chat, until the returned function is called. */
  follow(): () => void {
    void this.refresh();
    let seen = this.#session.value.conversation;
    return this.#session.subscribe(() => {
      const { conversation } = this.#session.value;
      const same = conversation?.id === seen?.id && conversation?.title === seen?.title;
      // The words of an answer come far more often than they are saved.
      const saved = conversation !== undefined && conversation !== seen;
      const first = this.value.chats?.[0]?.id === conversation?.id;
      if (conversation?.id !== seen?.id) this.#onFound(undefined);
      seen = conversation;
      if (!same || (saved && !first)) void this.refresh();
    });
  }

  readonly refresh = (): Promise<void> =>
    this.#trying(async () => {
      const refresh = ++this.#refreshes;
      const [chats, elsewhere] = await Promise.all([this.#session.history.list(), this.#claimed()]);
      if (refresh !== this.#refreshes) return; // a later one saw more
      const before = this.value;
      // Looking again every few seconds draws nothing as long as nothing changed.
      const sameChats = before.chats !== undefined && sameRecords(before.chats, chats);
      const sameElsewhere =
        before.elsewhere.size === elsewhere.size && [...elsewhere].every((id) => before.elsewhere.has(id));
      if (!sameChats) this.set({ ...this.value, chats });
      if (!sameElsewhere) this.set({ ...this.value, elsewhere });
    });

  /** Searches titles and texts; a search that is under way ends. */
  async search(query: string): Promise<void> {
    this.#search?.abort();
    const search = new AbortController();
    this.#search = search;
    const terms = termsOf(query);
    const { hits: _, ...rest } = this.value;
    if (terms.length === 0) return this.set({ ...rest, query, searching: false });
    const hits = new Map<string, Hit>();
    this.set({ ...rest, query, hits, searching: true });
    await this.#trying(async () => {
      for await (const found of searchTexts(this.#session.history, terms, search.signal)) {
        if (search.signal.aborted) return;
        for (const [id, hit] of found) hits.set(id, hit);
        if (found.size > 0) this.set({ ...this.value, hits: new Map(hits) });
      }
    });
    if (this.#search === search) this.set({ ...this.value, searching: false });
  }

  /** Opens a chat, at what a search found in it. Returns false where it is open in another window or gone. */
  open(id: string): Promise<boolean> {
    return this.#open(id, this.value.hits?.get(id));
  }

  async #open(id: string, hit?: Hit): Promise<boolean> {
    const terms = termsOf(this.value.query);
    let opened = false;
    await this.#trying(async () => {
      // What the list showed may be older than what was saved.
      const chat = (await this.#session.history.list()).find((one) => one.id === id);
      opened = chat !== undefined && (await this.#session.open(chat));
      if (opened) {
        this.#settle();
        this.#onFound(hit && showBranch(this.#session, { chatId: id, messageId: hit.messageId, terms }));
      } else
        this.#say(chat ? `“${chat.title}” is open in another window.` : 'This chat was deleted in another window.');
      await this.refresh();
    });
    return opened;
  }

  /** The chat before or after the open one in the list; the first one where none is open. */
  async step(by: 1 | -1): Promise<void> {
    await this.refresh();
    const { chats = [], elsewhere } = this.value;
    const own = this.#session.value.conversation?.id;
    const free = chats.filter(({ id }) => !elsewhere.has(id));
    const at = free.findIndex(({ id }) => id === own);
    const next = at < 0 ? (by > 0 ? free[0] : undefined) : free[at + by];
    if (next) await this.#open(next.id);
  }

  rename({ id }: ConversationRecord, title: string): Promise<void> {
    return this.#trying(async () => {
      const chat = (await this.#session.history.list()).find((one) => one.id === id);
      if (!chat) return;
      if (!(await this.#session.rename(title, chat))) return this.#say(OTHER_WINDOW);
      this.#settle();
      await this.refresh();
    });
  }

  /** Deletes at once; `undo` brings back what was deleted while it can be. */
  remove({ id }: ConversationRecord): Promise<void> {
    return this.#trying(async () => {
      await this.refresh();
      if (this.value.elsewhere.has(id)) return this.#say(OTHER_WINDOW);
      const own = this.#session.value.conversation?.id === id;
      // Saves what is being written before it is read.
      if (own) this.#session.newChat();
      const [whole] = await readChats(this.#session.history, [id]);
      await this.#session.remove(id);
      if (!whole) return this.refresh();
      this.#deleted.push(whole);
      if (own) this.#reopen = id;
      const count = this.#deleted.length;
      this.#settle({
        text: count === 1 ? `Deleted “${whole.conversation.title}”` : `Deleted ${count} chats`,
        undo: true,
      });
      await this.refresh();
    });
  }

  undo(): Promise<void> {
    return this.#trying(async () => {
      const deleted = this.#deleted;
      const reopened = deleted.find(({ conversation }) => conversation.id === this.#reopen)?.conversation;
      if (deleted.length === 0) return;
      await this.#session.history.saveAll(deleted);
      this.#forget();
      if (reopened && this.#session.value.conversation === undefined) await this.#session.open(reopened);
      this.#settle({ text: deleted.length === 1 ? 'Brought back' : `Brought back ${deleted.length} chats` });
      await this.refresh();
    });
  }

  /** All but those that other windows have open. There is no way back. */
  removeAll(): Promise<void> {
    return this.#trying(async () => {
      await this.refresh();
      const { chats = [], elsewhere } = this.value;
      this.#session.newChat();
      this.#forget();
      if (elsewhere.size === 0) await this.#session.history.clear();
      else for (const { id } of chats) if (!elsewhere.has(id)) await this.#session.history.remove(id);
      const kept = chats.filter(({ id }) => elsewhere.has(id)).length;
      this.#settle({ text: kept === 0 ? 'Deleted all chats' : `Deleted all chats but ${kept} open in other windows` });
      await this.refresh();
    });
  }

  /** Takes over the chats of the files: of all of them, or where one is refused, of none. */
  import(files: Iterable<File>): Promise<void> {
    return this.#trying(async () => {
      const found: WholeChat[] = [];
      for (const file of files) found.push(...(await chatsOfFile(file)));
      const { history } = this.#session;
      const taken = await history.list();
      const chats = withFreeIds(
        found,
        taken.map(({ id }) => id),
      );
      await history.saveAll(chats);
      await this.refresh();
      const [only] = chats;
      if (only && chats.length === 1) await this.open(only.conversation.id);
      this.#settle({
        text: chats.length === 1 ? `Imported “${only!.conversation.title}”` : `Imported ${chats.length} chats`,
      });
    });
  }

  /** Does what a person asked for, and says so where it cannot be done. */
  readonly #trying = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      this.#say(LocalLLMError.from(error, 'storage').message);
    }
  };

  tell(text: string): void {
    this.#settle({ text });
  }

  /** Files to save: none where they could not be made. */
  async files(make: (history: Session['history']) => Promise<File | undefined>): Promise<File[]> {
    const made: File[] = [];
    await this.#trying(async () => {
      const file = await make(this.#session.history);
      if (file) made.push(file);
    });
    return made;
  }

  dismiss(): void {
    const { problem: _, ...rest } = this.value;
    this.set(rest);
  }

  /** While a person is at the toast it stays. */
  holdToast(): void {
    clearTimeout(this.#toastTimer);
  }

  releaseToast(): void {
    this.holdToast();
    if (this.value.toast) this.#toastTimer = setTimeout(() => this.closeToast(), TOAST_MS);
  }

  closeToast(): void {
    this.holdToast();
    this.#forget();
    const { toast: _, ...rest } = this.value;
    this.set(rest);
  }

  #forget(): void {
    this.#deleted = [];
    this.#reopen = undefined;
  }

  #say(problem: string): void {
    this.set({ ...this.value, problem });
  }

  /** Nothing is wrong any more. */
  #settle(toast: Toast | undefined = this.value.toast): void {
    const { problem: _, toast: before, ...rest } = this.value;
    this.set(toast ? { ...rest, toast } : rest);
    if (toast !== before) this.releaseToast();
  }
}
