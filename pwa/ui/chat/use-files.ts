/**
 * Files that a person drops onto the chat or pastes into it.
 *
 * @module
 */
import { useEffect, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

/** Takes files that are dropped onto the chat around an element. Returns whether some are held over it now. */
export function useDroppedFiles(inside: RefObject<HTMLElement | null>, onFiles: (files: File[]) => void): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const chat = inside.current?.closest<HTMLElement>('.chat');
    if (!chat) return undefined;
    const stop = new AbortController();
    const listen = (type: 'dragover' | 'dragleave' | 'drop', take: (event: DragEvent) => void) =>
      chat.addEventListener(type, (event) => event.dataTransfer?.types.includes('Files') && take(event), stop);
    listen('dragover', (event) => {
      event.preventDefault();
      event.dataTransfer!.dropEffect = 'copy';
      setOver(true);
    });
    listen('dragleave', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && chat.contains(relatedTarget))) setOver(false);
    });
    listen('drop', (event) => {
      event.preventDefault();
      setOver(false);
      onFiles([...event.dataTransfer!.files]);
    });
    return () => stop.abort();
  }, [onFiles]);
  return over;
}

/** Files alone: what office programs copy is a picture beside its text, and the text is meant. */
export function pastedFiles({ clipboardData }: ClipboardEvent): File[] {
  return clipboardData && !clipboardData.types.includes('text/plain') ? [...clipboardData.files] : [];
}
