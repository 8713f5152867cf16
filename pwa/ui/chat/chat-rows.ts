/**
 * The lines of the list of chats.
 *
 * @module
 */
import type { ConversationRecord } from '../history/records.ts';
import { contains, highlight, termsOf } from '../history/search.ts';
import type { Hit, Piece } from '../history/search.ts';
import type { ChatsState } from './chats.ts';

/** One line. */
export interface Row {
  chat: ConversationRecord;
  updatedMs: number;
  title: readonly Piece[];
  /** What was found in its texts. */
  hit?: Hit | undefined;
}

/** What the list shows: all chats, or those whose title or texts were found. */
export function rowsOf({ chats = [], query, hits }: ChatsState): Row[] {
  const terms = termsOf(query);
  if (terms.length === 0)
    return chats.map((chat) => ({ chat, updatedMs: chat.updatedMs, title: [{ text: chat.title, found: false }] }));
  const rows: Row[] = [];
  for (const chat of chats) {
    const hit = hits?.get(chat.id);
    if (hit || contains(chat.title, terms))
      rows.push({ chat, updatedMs: chat.updatedMs, title: highlight(chat.title, terms), hit });
  }
  return rows;
}
