/**
 * Where a search found a chat: the branch that has it, the words in what is drawn of it, and how they are marked.
 *
 * @module
 */
import { contains, highlight } from '../history/search.ts';
import type { ChatSession } from './session.ts';

/** The message of the open chat that a search found; another object: it was opened once more. */
export interface Found {
  chatId: string;
  messageId: string;
  terms: readonly string[];
}

/** Of the style sheet's `::highlight()`. */
const HIGHLIGHT = 'found';
/** A common letter in a long text must not keep the browser busy. */
const MAX_MARKS = 1000;
/** What is drawn of a message's texts, each as a whole: a search looks for all its words in one of them. */
const TEXTS = '.markdown, .message.user > p, .attachment-name';
/** So much stays seen above a message, in CSS pixels: more than the way to the end of the list that counts as no way. */
const LEAD = 72;

/** Shows the branch that has what was found. Returns undefined where it cannot be shown: nothing changes while an answer is written. */
export function showBranch(session: Pick<ChatSession, 'value' | 'switchTo'>, found: Found): Found | undefined {
  const { conversation, messages, streaming } = session.value;
  if (conversation?.id !== found.chatId) return undefined; // another one was opened meanwhile
  const shown = [...messages, streaming].some((message) => message?.id === found.messageId);
  if (!shown && streaming) return undefined;
  if (!shown) session.switchTo(found.messageId);
  return found;
}

/** How far to scroll down so that words are seen: with the beginning of their message where half of the list has both. All in CSS pixels from the list's upper edge. */
export function wayTo(message: { top: number }, words: { top: number; bottom: number }, height: number): number {
  const both = words.bottom - message.top <= height / 2;
  return both ? message.top - Math.min(LEAD, height / 4) : words.top - height / 3;
}

/** Where the words are in the elements of a message, in the order in which they are drawn; none where they lie in what is not drawn. */
export function wordsIn(message: Element, terms: readonly string[]): Range[] {
  const ranges: Range[] = [];
  for (const text of message.querySelectorAll(TEXTS)) {
    if (!contains(text.textContent, terms)) continue;
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    while (walker.nextNode() && ranges.length < MAX_MARKS) {
      const node = walker.currentNode as Text;
      if (!node.parentElement?.closest('.code button')) ranges.push(...wordsOf(node, terms));
    }
  }
  return ranges.slice(0, MAX_MARKS);
}

function wordsOf(node: Text, terms: readonly string[]): Range[] {
  const ranges: Range[] = [];
  let at = 0;
  for (const { text, found } of highlight(node.data, terms)) {
    if (found) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + text.length);
      ranges.push(range);
    }
    at += text.length;
  }
  return ranges;
}

/** Marks words until the returned function is called; returns undefined where there are none, or the browser cannot. */
export function mark(ranges: readonly Range[]): (() => void) | undefined {
  if (ranges.length === 0 || !('highlights' in CSS)) return undefined;
  const marked = new Highlight(...ranges);
  CSS.highlights.set(HIGHLIGHT, marked);
  return () => {
    if (CSS.highlights.get(HIGHLIGHT) === marked) CSS.highlights.delete(HIGHLIGHT);
  };
}
