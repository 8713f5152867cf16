import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../dialog.tsx';
import { formatAge } from '../format.ts';
import type { ConversationRecord } from '../history/records.ts';
import { Icon } from '../icons.tsx';
import type { ChatSession } from './session.ts';

/** The conversations of this device: open one, delete one, delete all. */
export function HistoryDialog({ session, onClose }: { session: ChatSession; onClose: () => void }) {
  const [chats, setChats] = useState<ConversationRecord[]>();
  const [problem, setProblem] = useState<string>();
  const refresh = () =>
    session.history.list().then(setChats, (error: Error) => {
      setChats([]);
      setProblem(error.message);
    });
  useEffect(() => void refresh(), []);
  const open = async (chat: ConversationRecord) => {
    if (await session.open(chat)) onClose();
    else setProblem(`“${chat.title}” is open in another window.`);
  };
  return (
    <Dialog title="Chats" onClose={onClose}>
      {problem && <p role="alert">{problem}</p>}
      {chats?.length === 0 && !problem && (
        <p class="faint">No chats yet. What you ask is kept here, on this device only.</p>
      )}
      <ul class="rows">
        {chats?.map((chat) => (
          <li key={chat.id} class="row">
            <button type="button" class="row-main" onClick={() => void open(chat)}>
              <span class="row-title">{chat.title}</span>
              <span class="faint">{formatAge(chat.updatedMs, Date.now())}</span>
            </button>
            <button
              type="button"
              class="quiet icon-only"
              aria-label={`Delete “${chat.title}”`}
              title="Delete"
              onClick={() => void session.remove(chat.id).then(refresh)}
            >
              <Icon name="trash" />
            </button>
          </li>
        ))}
      </ul>
      {(chats?.length ?? 0) > 1 && <DeleteAll onDelete={() => void session.removeAll().then(refresh)} />}
    </Dialog>
  );
}

/** Asks twice. */
function DeleteAll({ onDelete }: { onDelete: () => void }) {
  const [sure, setSure] = useState(false);
  return (
    <button type="button" class="danger" onClick={() => (sure ? onDelete() : setSure(true))}>
      {sure ? 'Yes, delete all chats' : 'Delete all chats'}
    </button>
  );
}
