import { useRef } from 'preact/hooks';
import { Icon } from '../icons.tsx';

interface AttachButtonProps {
  disabled: boolean;
  onFiles: (files: File[]) => void;
}

/** Opens the browser's own choice of files. */
export function AttachButton({ disabled, onFiles }: AttachButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="quiet icon-only attach"
        aria-label="Attach text files"
        title="Attach text files"
        disabled={disabled}
        onClick={() => input.current?.click()}
      >
        <Icon name="attach" />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          currentTarget.value = ''; // the same file again is a choice, too
        }}
      />
    </>
  );
}
