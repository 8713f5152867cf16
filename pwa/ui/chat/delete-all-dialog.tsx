import { Dialog } from '../dialog.tsx';
import { useObservable } from '../observable.ts';
import type { Chats } from './chats.ts';

/** Asks before all chats are deleted: that cannot be undone. */
export function DeleteAllDialog({ chats, onClose }: { chats: Chats; onClose: () => void }) {
  const { chats: all = [], elsewhere } = useObservable(chats);
  const kept = all.filter(({ id }) => elsewhere.has(id)).length;
  const count = all.length - kept;
  return (
    <Dialog title="Delete all chats?" onClose={onClose}>
      <p>
        {count === 1 ? '1 chat is' : `${count} chats are`} removed from this device and cannot be brought back.{' '}
        {kept > 0 &&
          (kept === 1
            ? 'The one that is open in another window stays. '
            : `${kept} that are open in other windows stay. `)}
        To keep a copy, save them as JSON first.
      </p>
      <div class="actions end">
        <button type="button" onClick={onClose}>
          Keep
        </button>
        <button
          type="button"
          class="danger filled"
          onClick={() => {
            onClose();
            void chats.removeAll();
          }}
        >
          Delete all
        </button>
      </div>
    </Dialog>
  );
}
