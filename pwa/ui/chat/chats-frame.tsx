import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Dialog } from '../dialog.tsx';
import { Icon } from '../icons.tsx';
import type { Services } from '../services.ts';
import { ariaKeys, withKeys } from '../shortcuts.ts';
import { ShortcutsDialog } from '../shortcuts-dialog.tsx';
import { Chats } from './chats.ts';
import { ChatsPanel } from './chats-panel.tsx';
import { ChatsToast } from './chats-toast.tsx';
import type { Found } from './found.ts';
import { useChatShortcuts } from './use-chat-shortcuts.ts';

/** From this width on there is room for the list beside the chat. */
const WIDE = '(min-width: 960px)';
const COLUMN_KEY = 'localllm-chats-column';

/** Where the list of chats is: a column beside the chat where there is room, else a drawer over it. */
export interface ChatsPlace {
  wide: boolean;
  shown: boolean;
  searchKey: number;
  show: (shown: boolean) => void;
  search: () => void;
}

export function useChatsPlace(): ChatsPlace {
  const wide = useMedia(WIDE);
  const [column, setColumn] = useState(() => localStorage.getItem(COLUMN_KEY) !== 'closed');
  const [drawer, setDrawer] = useState(false);
  const [searchKey, setSearchKey] = useState(0);
  const show = (shown: boolean) => {
    setSearchKey(0);
    if (!wide) return setDrawer(shown);
    setColumn(shown);
    localStorage.setItem(COLUMN_KEY, shown ? 'open' : 'closed');
  };
  const search = () => {
    show(true);
    setSearchKey(searchKey + 1);
  };
  return { wide, shown: wide ? column : drawer, searchKey, show, search };
}

interface ChatsFrameProps {
  services: Services;
  place: ChatsPlace;
  /** Where in the open chat a search found it. The same function each time. */
  onFound: (found: Found | undefined) => void;
  onOpenModels: () => void;
  children: ComponentChildren;
}

/** Puts the list of chats beside or over the chat, and gives it its keyboard shortcuts. */
export function ChatsFrame({ services: { session }, place, onFound, onOpenModels, children }: ChatsFrameProps) {
  const chats = useMemo(() => new Chats({ session, onFound }), [session, onFound]);
  const [help, setHelp] = useState(false);
  useEffect(() => chats.follow(), [chats]);
  useChatShortcuts({
    session,
    chats,
    onList: (search) => (search ? place.search() : place.show(!place.shown)),
    onOpenModels,
    onHelp: () => setHelp(true),
  });
  const hide = () => place.show(false);
  const panel = (
    <ChatsPanel
      chats={chats}
      session={session}
      drawer={!place.wide}
      searchKey={place.searchKey}
      onOpened={place.wide ? () => {} : hide}
      onShowShortcuts={() => setHelp(true)}
    />
  );
  return (
    <div class="chat-frame">
      {place.shown && place.wide && (
        <aside class="chats-column" aria-label="Chats">
          <h2 class="visually-hidden">Chats</h2>
          {panel}
        </aside>
      )}
      {children}
      {place.shown && !place.wide && (
        <Dialog title="Chats" kind="drawer" onClose={hide}>
          {panel}
        </Dialog>
      )}
      {!place.shown && <ChatsToast chats={chats} />}
      {help && <ShortcutsDialog onClose={() => setHelp(false)} />}
    </div>
  );
}

/** Shows and hides the list. */
export function ChatsButton({ place: { wide, shown, show } }: { place: ChatsPlace }) {
  return (
    <button
      type="button"
      class="quiet icon-only"
      aria-label="Chats"
      aria-expanded={wide ? shown : undefined}
      aria-haspopup={wide ? undefined : 'dialog'}
      aria-keyshortcuts={ariaKeys('list')}
      title={withKeys('Chats', 'list')}
      onClick={() => show(!shown)}
    >
      <Icon name={wide ? 'list' : 'history'} />
    </button>
  );
}

export function NewChatButton({ services: { session } }: { services: Services }) {
  return (
    <button
      type="button"
      class="quiet icon-only"
      aria-label="New chat"
      aria-keyshortcuts={ariaKeys('new-chat')}
      title={withKeys('New chat', 'new-chat')}
      onClick={() => session.newChat()}
    >
      <Icon name="plus" />
    </button>
  );
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const update = () => setMatches(media.matches);
    update();
    media.addEventListener('change', update);
    return () => media.removeEventListener('change', update);
  }, [query]);
  return matches;
}
