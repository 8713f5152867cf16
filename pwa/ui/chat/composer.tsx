import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { TargetedKeyboardEvent } from 'preact';
import { Icon } from '../icons.tsx';

interface ComposerProps {
  answering: boolean;
  /** Why nothing can be asked; undefined when all is well. */
  blocked?: string | undefined;
  /** Another value moves the focus here. */
  focusKey: unknown;
  onSend: (text: string) => void;
  onStop: () => void;
}

/** Touch keyboards open by themselves where focus is set: leave that to the finger. */
const hasMouse = () => matchMedia('(hover: hover)').matches;

export function Composer({ answering, blocked, focusKey, onSend, onStop }: ComposerProps) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (hasMouse()) field.current?.focus({ preventScroll: true });
  }, [focusKey, blocked]);
  useLayoutEffect(() => grow(field.current), [text]);
  const sendable = !answering && blocked === undefined && text.trim() !== '';
  const send = () => {
    if (!sendable) return;
    onSend(text.trim());
    setText('');
    field.current?.focus();
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    // Enter that ends an input method's composition chooses a word.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        value={text}
        aria-label="Message"
        placeholder={blocked ?? 'Ask anything. It stays here.'}
        disabled={blocked !== undefined}
        enterkeyhint="send"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {answering ? (
        <button type="button" class="round stop" aria-label="Stop" title="Stop" onClick={onStop}>
          <Icon name="stop" />
        </button>
      ) : (
        <button type="submit" class="round send" aria-label="Send" title="Send (Enter)" disabled={!sendable}>
          <Icon name="send" />
        </button>
      )}
    </form>
  );
}

/** As tall as its text; the style sheet sets the limit. */
function grow(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
