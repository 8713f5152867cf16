import { useLayoutEffect } from 'preact/hooks';
import type { RefObject, TargetedKeyboardEvent } from 'preact';
import { pastedFiles } from './use-files.ts';
import { useGrown } from './use-grown.ts';

interface ComposerFieldProps {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  blocked?: string | undefined;
  /** Another value moves the focus here. */
  focusKey: unknown;
  onText: (text: string) => void;
  onSend: () => void;
  onFiles: (files: File[]) => void;
}

/** Touch keyboards open by themselves where focus is set: leave that to the finger. */
const hasMouse = () => matchMedia('(hover: hover)').matches;

export function ComposerField({ field, text, blocked, focusKey, onText, onSend, onFiles }: ComposerFieldProps) {
  useLayoutEffect(() => {
    // Nor from a menu that is open, nor from the list of chats where the open one was deleted.
    const deleted = focusKey === undefined && document.activeElement?.closest('.chats-list');
    if (hasMouse() && !deleted && !document.querySelector(':popover-open'))
      field.current?.focus({ preventScroll: true });
  }, [focusKey, blocked]);
  useGrown(field, text);
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    // Enter that ends an input method's composition chooses a word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    onSend();
  };
  return (
    <textarea
      ref={field}
      rows={1}
      value={text}
      aria-label="Message"
      placeholder={blocked ?? 'Ask anything. It stays here.'}
      disabled={blocked !== undefined}
      enterkeyhint="send"
      onInput={(event) => onText(event.currentTarget.value)}
      onKeyDown={onKeyDown}
      onPaste={(event) => {
        const files = pastedFiles(event);
        if (files.length === 0) return;
        event.preventDefault();
        onFiles(files);
      }}
    />
  );
}
