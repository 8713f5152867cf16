/**
 * Moving through a long list: which rows are drawn, which has the focus, what keys do.
 *
 * @module
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Rows drawn at first, and more as the list is scrolled: nobody reads thousands at once. */
const PAGE = 80;
/** How near an end of what is drawn may come before more is. */
const NEAR = '400px';

/** What a key on a row does: to which row it leads (-1: out of the list), or something else. */
export function keyed(event: KeyboardEvent, index: number, count: number): number | 'rename' | 'remove' | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return undefined;
  switch (event.key) {
    case 'ArrowDown':
      return Math.min(index + 1, count - 1);
    case 'ArrowUp':
      return index - 1;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    case 'F2':
      return 'rename';
    case 'Delete':
      return 'remove';
    default:
      return undefined;
  }
}

interface Drawn {
  /** Rows from `first` to before `limit`. */
  first: number;
  limit: number;
  /** Of which search. */
  query: string;
}

/** Which rows are drawn: more when an end of them comes near, others when a row far away is reached; the first ones of another search. */
export function useDrawnRows(list: { current: HTMLElement | null }, count: number, query: string) {
  const [drawn, setDrawn] = useState<Drawn>({ first: 0, limit: PAGE, query });
  const { first, limit } = drawn.query === query ? drawn : { first: 0, limit: PAGE };
  const shownFirst = Math.max(0, Math.min(first, count - PAGE));
  const top = useRef<HTMLDivElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const draw = (from: number, to: number) => setDrawn({ first: Math.max(0, from), limit: to, query });
  useLayoutEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        const near = entries.find(({ isIntersecting }) => isIntersecting)?.target;
        if (near === top.current) draw(shownFirst - PAGE, limit);
        else if (near) draw(shownFirst, limit + PAGE);
      },
      { root: list.current, rootMargin: NEAR },
    );
    for (const { current } of [top, end]) if (current) observer.observe(current);
    return () => observer.disconnect();
  }, [shownFirst, limit, query, count > limit]);
  useStillScroll(list, shownFirst);
  const reach = (index: number) => {
    if (index >= shownFirst && index < limit) return;
    if (index === shownFirst - 1) draw(shownFirst - PAGE, limit);
    else if (index === limit) draw(shownFirst, limit + PAGE);
    else draw(index - PAGE / 2, index + PAGE / 2);
  };
  return { first: shownFirst, limit, top, end, reach };
}

/** Rows that are added above must not move what is read; some browsers see to that themselves. */
function useStillScroll(list: { current: HTMLElement | null }, first: number): void {
  const before = useRef({ first, height: 0 });
  useLayoutEffect(() => {
    const { current } = list;
    if (!current) return;
    const { scrollHeight } = current;
    if (first < before.current.first && !CSS.supports('overflow-anchor', 'auto')) {
      current.scrollTop += scrollHeight - before.current.height;
    }
    before.current = { first, height: scrollHeight };
  });
}

/** Gives the focus to a row once it is drawn. */
export function useRowFocus(list: { current: HTMLElement | null }): (id: string) => void {
  const wanted = useRef<string>(undefined);
  const [, redraw] = useState(0);
  useLayoutEffect(() => {
    const row =
      wanted.current !== undefined &&
      list.current?.querySelector<HTMLElement>(`[data-chat="${CSS.escape(wanted.current)}"]`);
    if (!row) return;
    wanted.current = undefined;
    row.focus();
    row.scrollIntoView({ block: 'nearest' });
  });
  return (id) => {
    wanted.current = id;
    redraw((times) => times + 1);
  };
}
