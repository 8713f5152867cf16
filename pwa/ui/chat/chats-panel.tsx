import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { TargetedKeyboardEvent } from 'preact';
import { IMPORTED_TYPES } from '../history/import.ts';
import { Icon } from '../icons.tsx';
import { MenuButton } from '../menu-button.tsx';
import type { MenuEntry } from '../menu-button.tsx';
import { saveFiles } from '../models/local-files.ts';
import { useObservable } from '../observable.ts';
import { fileOfAllChats } from './chat-files.ts';
import { rowsOf } from './chat-rows.ts';
import type { Chats, ChatsState } from './chats.ts';
import { ChatsList } from './chats-list.tsx';
import { ChatsToast } from './chats-toast.tsx';
import { DeleteAllDialog } from './delete-all-dialog.tsx';
import type { ChatSession } from './session.ts';

interface ChatsPanelProps {
  chats: Chats;
  session: ChatSession;
  /** Over the chat, not beside it. */
  drawer: boolean;
  /** Another value moves the focus to the search; 0: not yet. */
  searchKey: number;
  onOpened: () => void;
  onShowShortcuts: () => void;
}

/** A drawer begins with its search, but opens no keyboard of a phone. */
const hasMouse = () => matchMedia('(hover: hover)').matches;
/** How often it is asked what other windows have open, while the list is seen. */
const LOOK_MS = 4_000;
/** A screen reader is told how many were found when nobody typed for so long. */
const COUNT_AFTER_MS = 800;

/** The list of chats with its search, and what can be done with all of them. */
export function ChatsPanel({ chats, session, drawer, searchKey, onOpened, onShowShortcuts }: ChatsPanelProps) {
  const state = useObservable(chats);
  const [sure, setSure] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => lookAround(chats), [chats]);
  useLayoutEffect(() => {
    if (searchKey === 0) return;
    search.current?.focus();
    search.current?.select();
  }, [searchKey]);
  const first = () => panel.current?.querySelector<HTMLElement>('[data-chat]');
  const onSearchKey = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    if (event.isComposing) return;
    if (event.key === 'Escape' && state.query !== '') void chats.search('');
    else if (event.key === 'ArrowDown') first()?.focus();
    else if (event.key === 'Enter') first()?.click();
    else return;
    event.preventDefault();
  };
  return (
    <div class="chats" ref={panel}>
      <div class="chats-tools">
        <label class="chats-search">
          <Icon name="search" />
          <input
            ref={search}
            type="search"
            autofocus={drawer && hasMouse()}
            aria-label="Search chats"
            placeholder="Search chats"
            autoComplete="off"
            enterkeyhint="search"
            value={state.query}
            onInput={({ currentTarget }) => void chats.search(currentTarget.value)}
            onKeyDown={onSearchKey}
          />
        </label>
        <AllChatsMenu chats={chats} onShowShortcuts={onShowShortcuts} onDelete={() => setSure(true)} />
      </div>
      <Problem chats={chats} problem={state.problem} />
      <Emptiness state={state} />
      <ChatsList chats={chats} session={session} onOpened={onOpened} onLeave={() => search.current?.focus()} />
      <Count state={state} />
      <ChatsToast chats={chats} />
      {sure && <DeleteAllDialog chats={chats} onClose={() => setSure(false)} />}
    </div>
  );
}

interface AllChatsMenuProps extends Pick<ChatsPanelProps, 'chats' | 'onShowShortcuts'> {
  onDelete: () => void;
}

function AllChatsMenu({ chats, onShowShortcuts, onDelete }: AllChatsMenuProps) {
  const files = useRef<HTMLInputElement>(null);
  const entries = (): MenuEntry[] => {
    const some = (chats.value.chats?.length ?? 0) > 0;
    const save = () => void chats.files(fileOfAllChats).then(saveFiles);
    return [
      { label: 'Import chats…', icon: 'upload', onChoose: () => files.current?.click() },
      ...(some ? [{ label: 'Save all as JSON', icon: 'install', onChoose: save } as const] : []),
      { label: 'Keyboard shortcuts', icon: 'keyboard', onChoose: onShowShortcuts },
      ...(some ? [{ label: 'Delete all chats…', icon: 'trash', danger: true, onChoose: onDelete } as const] : []),
    ];
  };
  return (
    <>
      <MenuButton label="More for all chats" entries={entries} />
      <input
        ref={files}
        type="file"
        hidden
        multiple
        accept={IMPORTED_TYPES}
        onChange={({ currentTarget }) => {
          void chats.import([...(currentTarget.files ?? [])]);
          currentTarget.value = '';
        }}
      />
    </>
  );
}

function Problem({ chats, problem }: { chats: Chats; problem: string | undefined }) {
  if (problem === undefined) return null;
  return (
    <div class="chats-problem">
      <p role="alert">{problem}</p>
      <button type="button" class="quiet small icon-only" aria-label="Dismiss" onClick={() => chats.dismiss()}>
        <Icon name="close" />
      </button>
    </div>
  );
}

/** What stands in the place of the rows where there are none. */
function Emptiness({ state }: { state: ChatsState }) {
  if (!state.chats || rowsOf(state).length > 0) return null;
  if (state.query.trim() === '') {
    return <p class="chats-empty">No chats yet. What you ask is kept here, on this device only.</p>;
  }
  return <p class="chats-empty">{state.searching ? 'Searching…' : `Nothing found for “${state.query.trim()}”.`}</p>;
}

/** How many were found, for screen readers. */
function Count({ state }: { state: ChatsState }) {
  const { query, searching } = state;
  const [said, setSaid] = useState('');
  const found = rowsOf(state).length;
  useEffect(() => {
    if (query.trim() === '' || searching) return setSaid('');
    const timer = setTimeout(() => setSaid(`${found} ${found === 1 ? 'chat' : 'chats'} found`), COUNT_AFTER_MS);
    return () => clearTimeout(timer);
  }, [query, searching, found]);
  return (
    <div class="visually-hidden" role="status">
      {said}
    </div>
  );
}

/** Keeps up with what other windows do. */
function lookAround(chats: Chats): () => void {
  const look = () => document.visibilityState === 'visible' && void chats.refresh();
  look();
  const timer = setInterval(look, LOOK_MS);
  addEventListener('focus', look);
  return () => {
    clearInterval(timer);
    removeEventListener('focus', look);
  };
}
