import { Icon } from '../icons.tsx';
import { useObservable } from '../observable.ts';
import type { Chats } from './chats.ts';

/** Says what was done to chats, and takes a deletion back. Stays while the pointer or the focus is on it. */
export function ChatsToast({ chats }: { chats: Chats }) {
  const { toast } = useObservable(chats);
  const hold = () => chats.holdToast();
  const release = () => chats.releaseToast();
  return (
    <div class="chats-toast" role="status">
      {toast && (
        <div
          class="chats-toast-body"
          onPointerEnter={hold}
          onPointerLeave={release}
          onFocusCapture={hold}
          onBlurCapture={release}
        >
          <span>{toast.text}</span>
          {toast.undo && (
            <button type="button" class="small" onClick={() => void chats.undo()}>
              Undo
            </button>
          )}
          <button
            type="button"
            class="quiet small icon-only"
            aria-label="Dismiss"
            title="Dismiss"
            onClick={() => chats.closeToast()}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
    </div>
  );
}
