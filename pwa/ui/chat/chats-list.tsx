import { useMemo, useRef, useState } from 'preact/hooks';
import type { ComponentChildren, TargetedKeyboardEvent } from 'preact';
import { saveFiles } from '../models/local-files.ts';
import { useObservable } from '../observable.ts';
import { fileOfChat } from './chat-files.ts';
import { groupsOf } from './chat-groups.ts';
import { rowsOf } from './chat-rows.ts';
import type { Chats } from './chats.ts';
import { ChatsRow } from './chats-row.tsx';
import type { RowActions } from './chats-row.tsx';
import type { ChatSession } from './session.ts';
import { keyed, useDrawnRows, useRowFocus } from './use-rows.ts';

interface ChatsListProps {
  chats: Chats;
  session: ChatSession;
  /** A chat was chosen. */
  onOpened: () => void;
  /** Leaves the list at its upper end. */
  onLeave: () => void;
}

export function ChatsList({ chats, session, onOpened, onLeave }: ChatsListProps) {
  const state = useObservable(chats);
  const { conversation } = useObservable(session);
  const rows = useMemo(() => rowsOf(state), [state.chats, state.hits, state.query]);
  const list = useRef<HTMLDivElement>(null);
  const { first, limit, top, end, reach } = useDrawnRows(list, rows.length, state.query);
  const groups = useMemo(() => groupsOf(rows.slice(first, limit), Date.now()), [rows, first, limit]);
  const focus = useRowFocus(list);
  const [renaming, setRenaming] = useState<string>();
  const [activeId, setActiveId] = useState<string>();
  const at = (id: string | undefined) => rows.findIndex(({ chat }) => chat.id === id);
  const active = [activeId, conversation?.id].map(at).find((index) => index >= 0) ?? 0;
  const go = (index: number) => {
    const row = rows[index];
    if (!row) return onLeave();
    reach(index);
    setActiveId(row.chat.id);
    focus(row.chat.id);
  };
  const actions = useRowActions({
    chats,
    onOpened,
    onRename: setRenaming,
    onRenamed: (id, byKey) => {
      setRenaming(undefined);
      if (byKey) focus(id);
    },
    onRemove: (id) => () => go(at(id) + 1 < rows.length ? at(id) + 1 : at(id) - 1),
  });
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const index = at((event.target as HTMLElement).dataset['chat']);
    const chat = rows[index]?.chat;
    const does = keyed(event, index, rows.length);
    if (!chat || does === undefined) return;
    event.preventDefault();
    if (typeof does === 'number') go(does);
    else actions[does](chat);
  };
  return (
    <div class="chats-list" ref={list} onKeyDown={onKeyDown}>
      {first > 0 && <div ref={top} class="chats-end" />}
      {groups.map(({ name, chats: group }) => (
        <Group key={name} name={name}>
          {group.map((row) => (
            <ChatsRow
              key={row.chat.id}
              row={row}
              own={row.chat.id === conversation?.id}
              elsewhere={state.elsewhere.has(row.chat.id)}
              active={row === rows[active]}
              renaming={row.chat.id === renaming}
              actions={actions}
            />
          ))}
        </Group>
      ))}
      {limit < rows.length && <div ref={end} class="chats-end" />}
    </div>
  );
}

function Group({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div role="group" aria-label={name}>
      <h3>{name}</h3>
      <ul>{children}</ul>
    </div>
  );
}

interface RowEvents {
  chats: Chats;
  onOpened: () => void;
  onRename: (id: string) => void;
  onRenamed: (id: string, byKey: boolean) => void;
  /** Before a chat is removed; what it returns is called afterwards. */
  onRemove: (id: string) => () => void;
}

/** The same for as long as the list lives, so that rows that did not change are not drawn again. */
function useRowActions(events: RowEvents): RowActions {
  const latest = useRef(events);
  latest.current = events;
  return useMemo(() => {
    const { chats } = events;
    return {
      open: ({ id }) => void chats.open(id).then((opened) => opened && latest.current.onOpened()),
      rename: ({ id }) => latest.current.onRename(id),
      renamed(chat, byKey, title) {
        latest.current.onRenamed(chat.id, byKey);
        if (title !== undefined) void chats.rename(chat, title);
      },
      save: (chat, as) => void chats.files((history) => fileOfChat(history, chat.id, as)).then(saveFiles),
      remove(chat) {
        const removed = latest.current.onRemove(chat.id);
        void chats.remove(chat).then(removed);
      },
    };
  }, [events.chats]);
}
