/**
 * The branches of a conversation: messages that share a parent are versions of each other.
 *
 * @module
 */
import type { ChatMessage } from '../history/records.ts';

export interface Versions {
  /** All of them, oldest first. */
  ids: readonly string[];
  /** Which one is shown, from 0. */
  position: number;
}

export class MessageTree {
  readonly #byId = new Map<string, ChatMessage>();
  readonly #children = new Map<string | null, string[]>();
  /** By parent, the version that was shown last. */
  readonly #shown = new Map<string | null, string>();

  /** @param messages in any order; of two with one id, the later one counts */
  constructor(messages: Iterable<ChatMessage> = []) {
    for (const message of messages) this.put(message);
  }

  /** Of all branches. */
  get all(): Iterable<ChatMessage> {
    return this.#byId.values();
  }

  get(id: string): ChatMessage | undefined {
    return this.#byId.get(id);
  }

  /** Adds a message, or takes the place of the one with its id, which must have the same parent. */
  put(message: ChatMessage): void {
    const known = this.#byId.has(message.id);
    this.#byId.set(message.id, message);
    if (known) return;
    const siblings = this.#children.get(message.parent) ?? [];
    // Almost always at the end already.
    const after = siblings.findLastIndex((id) => this.#byId.get(id)!.createdMs <= message.createdMs);
    this.#children.set(message.parent, siblings.toSpliced(after + 1, 0, message.id));
  }

  /** The path to `leaf`, which is what {@link leafOf} finds again. */
  show(leaf: string | undefined): ChatMessage[] {
    const path = this.path(leaf);
    for (const { id, parent } of path) this.#shown.set(parent, id);
    return path;
  }

  /** From the beginning of the conversation to `leaf`. Where a message is missing on the way, what is there of it. */
  path(leaf: string | undefined): ChatMessage[] {
    const path: ChatMessage[] = [];
    const seen = new Set<string>();
    for (let id: string | null | undefined = leaf; typeof id === 'string' && !seen.has(id);) {
      const message = this.#byId.get(id);
      if (!message) break;
      seen.add(id);
      path.push(message);
      id = message.parent;
    }
    return path.reverse();
  }

  /** The end of the branch that was shown last below a message, or else written last; null: of the whole conversation. */
  leafOf(id: string | null): string | undefined {
    let at = id ?? undefined;
    const seen = new Set<string>();
    for (let next = this.#nextOf(id); next !== undefined && !seen.has(next); next = this.#nextOf(next)) {
      seen.add(next);
      at = next;
    }
    return at;
  }

  #nextOf(id: string | null): string | undefined {
    return this.#shown.get(id) ?? this.#children.get(id)?.at(-1);
  }

  versionsOf({ id, parent }: ChatMessage): Versions {
    const ids = this.#children.get(parent) ?? [];
    return { ids, position: Math.max(0, ids.indexOf(id)) };
  }
}
