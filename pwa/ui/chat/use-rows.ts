/**
 * Moving through a long list: which rows are drawn, which has the focus, what keys do.
 *
 * @module
 */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Rows drawn at first, and more as the list is scrolled: nobody reads thousands at once. */
const PAGE = 80;

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

/** How many rows are drawn: more when the end of the list comes near, or when a row beyond is reached; anew for another search. */
export function useLimit(count: number, query: string) {
  const [drawn, setDrawn] = useState({ limit: PAGE, query });
  const limit = drawn.query === query ? drawn.limit : PAGE;
  const end = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!end.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && setDrawn({ limit: limit + PAGE, query }),
      { rootMargin: '400px' },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [limit, query, count > limit]);
  const reach = (index: number) => index >= limit && setDrawn({ limit: index + PAGE, query });
  return { limit, end, reach };
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
