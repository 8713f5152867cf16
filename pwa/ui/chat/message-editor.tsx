import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { TargetedKeyboardEvent } from 'preact';
import { useGrown } from './use-grown.ts';

interface EditorProps {
  text: string;
  /** A question that has attachments may say nothing. */
  mayBeEmpty: boolean;
  /** An answer is being written. */
  disabled: boolean;
  onSave: (text: string) => void;
  onCancel: () => void;
}

/** A question, where it stands, to be written anew. */
export function MessageEditor({ text: before, mayBeEmpty, disabled, onSave, onCancel }: EditorProps) {
  const [text, setText] = useState(before);
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(before.length, before.length);
  }, []);
  useGrown(field, text);
  const possible = !disabled && (mayBeEmpty || text.trim() !== '');
  const save = () => possible && onSave(text.trim());
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') onCancel();
    else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <form
      class="message-editor"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        value={text}
        aria-label="Edit your message"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div class="message-editor-foot">
        <p class="faint small">What followed stays as another version.</p>
        <button type="button" class="small" title="Cancel (Esc)" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" class="small primary" title="Save and ask again (Ctrl+Enter)" disabled={!possible}>
          Save
        </button>
      </div>
    </form>
  );
}
