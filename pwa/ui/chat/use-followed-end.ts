/**
 * Where a conversation is being read.
 *
 * @module
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** How near to its end a list counts as being read at its end, in CSS pixels. */
const NEAR_END = 48;

/**
 * Keeps a scroller at its end while it grows, unless the reader has scrolled away; a new answer goes to the end again.
 * @param answerId of what is being written
 */
export function useFollowedEnd(answerId: string | undefined) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const lastTop = useRef(0);
  const held = useRef<{ element: HTMLElement; top: number }>(undefined);
  const [away, setAway] = useState(false);
  const toEnd = () => {
    following.current = true;
    setAway(false);
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  };
  const onScroll = () => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = scroller.current ?? {};
    // Text that came since the list was put to its end is no reason to stop: only a reader moves up.
    if (scrollHeight - scrollTop - clientHeight < NEAR_END) following.current = true;
    else if (scrollTop < lastTop.current) following.current = false;
    lastTop.current = scrollTop;
    setAway(!following.current);
  };
  /** Goes down from what is read now, or up; the end is followed no longer, unless this leads there. */
  const goBy = (pixels: number) => {
    following.current = false;
    if (scroller.current) scroller.current.scrollTop += pixels;
    onScroll();
  };
  /** What changes next leaves this element where it is on the screen. */
  const hold = (element: HTMLElement) => {
    following.current = false;
    held.current = { element, top: element.getBoundingClientRect().top };
  };
  /** To be called after each change that something was held for. */
  const settle = () => {
    if (!held.current || !scroller.current) return;
    const { element, top } = held.current;
    held.current = undefined;
    goBy(element.getBoundingClientRect().top - top);
  };
  useLayoutEffect(() => {
    if (answerId !== undefined) toEnd();
  }, [answerId]);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => {
      if (following.current) toEnd();
    });
    if (scroller.current) observer.observe(scroller.current);
    if (content.current) observer.observe(content.current);
    return () => observer.disconnect();
  }, []);
  return { scroller, content, away, toEnd, goBy, onScroll, hold, settle };
}
