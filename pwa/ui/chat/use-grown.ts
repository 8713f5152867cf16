/**
 * A field that is as tall as its text; the style sheet sets the limit.
 *
 * @module
 */
import { useLayoutEffect } from 'preact/hooks';
import type { RefObject } from 'preact';

export function useGrown(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const { current } = field;
    if (!current) return;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight}px`;
  }, [text]);
}
