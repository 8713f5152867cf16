import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { TargetedKeyboardEvent } from 'preact';
import type { ConversationRecord } from '../history/records.ts';
import type { Piece } from '../history/search.ts';
import { Memo } from '../memo.ts';
import { MenuButton } from '../menu-button.tsx';
import type { Row } from './chat-rows.ts';

/** What can be done with a chat of the list. */
export interface RowActions {
  open(chat: ConversationRecord): void;
  rename(chat: ConversationRecord): void;
  /** No title: left as it is. `byKey`: the focus goes back to the row. */
  renamed(chat: ConversationRecord, byKey: boolean, title?: string): void;
  save(chat: ConversationRecord, as: 'json' | 'markdown'): void;
  remove(chat: ConversationRecord): void;
}

interface ChatsRowProps {
  row: Row;
  /** The one that is open here. */
  own: boolean;
  elsewhere: boolean;
  /** The one that Tab leads to. */
  active: boolean;
  renaming: boolean;
  actions: RowActions;
}

export class ChatsRow extends Memo<ChatsRowProps> {
  override render({ row: { chat, title, hit }, own, elsewhere, active, renaming, actions }: ChatsRowProps) {
    if (renaming) {
      return (
        <li class="chats-row">
          <TitleField title={chat.title} onDone={(byKey, written) => actions.renamed(chat, byKey, written)} />
        </li>
      );
    }
    const tabIndex = active ? 0 : -1;
    return (
      <li class="chats-row">
        <button
          type="button"
          class="chats-open"
          data-chat={chat.id}
          aria-current={own ? 'true' : undefined}
          aria-keyshortcuts="F2 Delete"
          title={whenOf(chat)}
          tabIndex={tabIndex}
          onClick={() => actions.open(chat)}
        >
          <span class="chats-title">
            <Pieces pieces={title} />
          </span>
          {hit && (
            <span class="chats-snippet">
              <Pieces pieces={hit.snippet} />
            </span>
          )}
          {elsewhere && <span class="chats-elsewhere">Open in another window</span>}
        </button>
        <MenuButton
          label={`More for “${chat.title}”`}
          tabIndex={tabIndex}
          entries={() => [
            { label: 'Rename', icon: 'edit', onChoose: () => actions.rename(chat) },
            { label: 'Save as Markdown', icon: 'install', onChoose: () => actions.save(chat, 'markdown') },
            { label: 'Save as JSON', icon: 'install', onChoose: () => actions.save(chat, 'json') },
            { label: 'Delete', icon: 'trash', danger: true, onChoose: () => actions.remove(chat) },
          ]}
        />
      </li>
    );
  }
}

function Pieces({ pieces }: { pieces: readonly Piece[] }) {
  return <>{pieces.map(({ text, found }, index) => (found ? <mark key={index}>{text}</mark> : text))}</>;
}

const MAX_TITLE_CHARS = 120;

/** Enter and leaving it keep what was written, Escape does not. */
function TitleField({ title, onDone }: { title: string; onDone: (byKey: boolean, title?: string) => void }) {
  const [text, setText] = useState(title);
  const field = useRef<HTMLInputElement>(null);
  const done = useRef(false);
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const finish = (kept: boolean, byKey: boolean) => {
    if (done.current) return;
    done.current = true;
    onDone(byKey, kept && text.trim() !== title ? text : undefined);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    event.stopPropagation();
    if (event.isComposing || (event.key !== 'Enter' && event.key !== 'Escape')) return;
    event.preventDefault(); // Escape closes no dialog around it
    finish(event.key === 'Enter', true);
  };
  return (
    <input
      ref={field}
      class="chats-rename"
      type="text"
      aria-label="Title of the chat"
      autoComplete="off"
      enterkeyhint="done"
      maxLength={MAX_TITLE_CHARS}
      value={text}
      onInput={({ currentTarget }) => setText(currentTarget.value)}
      onKeyDown={onKeyDown}
      onBlur={() => finish(true, false)}
    />
  );
}

const WHEN = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

function whenOf({ title, updatedMs }: ConversationRecord): string {
  return `${title}\n${WHEN.format(updatedMs)}`;
}
