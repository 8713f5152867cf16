/**
 * Goes to what a search found in the chat that was opened, and marks it for a while.
 *
 * @module
 */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { mark, wayTo, wordsIn } from './found.ts';
import type { Found } from './found.ts';

const MARKED_MS = 10_000;
/** A screen reader speaks of the field that gets the focus first. */
const TELL_AFTER_MS = 600;
const MARGIN = 16;

interface FoundProps {
  found: Found | undefined;
  /** Its message is among those that are drawn. */
  drawn: boolean;
  /** Which one of how many messages it is, from 0. */
  place: number;
  count: number;
  scroller: RefObject<HTMLElement | null>;
  goBy: (pixels: number) => void;
  tell: (text: string) => void;
}

/** Once for each that is found. Returns whether the message has to be outlined, because words of it cannot be marked. */
export function useFound({ found, drawn, place, count, scroller, goBy, tell }: FoundProps): boolean {
  const [outlined, setOutlined] = useState(false);
  const shown = useRef<Found>(undefined);
  useLayoutEffect(() => {
    const list = scroller.current;
    const message = list?.querySelector('.turn.found');
    if (!found || !list || !message || shown.current === found) return;
    shown.current = found;
    const words = wordsIn(message, found.terms);
    goBy(distance(list, message, words[0]));
    const unmark = mark(words);
    setOutlined(!unmark);
    tell(''); // what is said twice is heard twice
    const telling = setTimeout(
      () => tell(`Opened at what was found: message ${place + 1} of ${count}.`),
      TELL_AFTER_MS,
    );
    const marked = setTimeout(() => end(), MARKED_MS);
    const end = () => {
      unmark?.();
      setOutlined(false);
    };
    return () => {
      clearTimeout(telling);
      clearTimeout(marked);
      end();
    };
  }, [found, drawn]);
  return outlined;
}

/** In CSS pixels, down. Wide code and tables scroll themselves to the words. */
function distance(list: Element, message: Element, words: Range | undefined): number {
  const box = words?.startContainer.parentElement?.closest('pre, table');
  if (box && words) {
    const beyond = words.getBoundingClientRect().right + MARGIN - box.getBoundingClientRect().right;
    if (beyond > 0) box.scrollLeft += beyond;
  }
  const { top, height } = list.getBoundingClientRect();
  const below = ({ top: upper, bottom: lower }: DOMRect) => ({ top: upper - top, bottom: lower - top });
  const place = below(message.getBoundingClientRect());
  const seen = words ? below(words.getBoundingClientRect()) : { top: place.top, bottom: place.top };
  return wayTo(place, seen, height);
}
