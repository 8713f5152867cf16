import type { ComponentChildren, TargetedEvent } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from './icons.tsx';

interface DialogProps {
  title: string;
  onClose: () => void;
  /** At the window's side, as high as it. */
  kind?: 'drawer';
  children: ComponentChildren;
}

/** A modal dialog: the browser keeps the focus inside, Escape closes it, and the focus returns to where it came from. */
export function Dialog({ title, onClose, kind, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const gone = useRef(false);
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      gone.current = true;
      shown?.close(); // while it is in the page: the browser gives the focus back
    };
  }, []);
  // The browser tells late of what was closed: by then another dialog may stand here.
  const close = () => !gone.current && onClose();
  const onCancel = (event: TargetedEvent<HTMLDialogElement>) => {
    if (event.target !== event.currentTarget) return; // a file picker's
    event.preventDefault(); // it goes when it is no longer drawn
    close();
  };
  return (
    <dialog
      ref={dialog}
      class={kind}
      aria-labelledby={titleId}
      onCancel={onCancel}
      onClose={close}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="dialog-body">
        <header>
          <h2 id={titleId}>{title}</h2>
          <button type="button" class="quiet icon-only" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
