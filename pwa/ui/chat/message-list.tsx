import { useLayoutEffect, useState } from 'preact/hooks';
import type { Remedy } from '../engine/remedies.ts';
import { Icon } from '../icons.tsx';
import { Announcer } from './announcer.tsx';
import type { Found } from './found.ts';
import { MessageView } from './message.tsx';
import type { ChatSession, ChatState } from './session.ts';
import { useFollowedEnd } from './use-followed-end.ts';
import { useFound } from './use-found.ts';
import { useMessageActions } from './use-message-actions.ts';

interface MessageListProps {
  session: ChatSession;
  chat: ChatState;
  /** What the model is doing while there is no text yet. */
  waiting: string;
  remedy: Remedy;
  /** What a search found in this chat. */
  found: Found | undefined;
}

/** Messages drawn at first, and more at each wish. */
const PAGE = 60;

/** The shown branch of the conversation. Follows its end only while that is what the reader looks at, and begins at what was found. */
export function MessageList({ session, chat, waiting, remedy, found }: MessageListProps) {
  const { messages, streaming, editing } = chat;
  const { scroller, content, away, toEnd, goBy, onScroll, hold, settle } = useFollowedEnd(streaming?.id);
  const focusList = () => scroller.current?.focus({ preventScroll: true });
  const { actions, news, tell } = useMessageActions(session, focusList, hold);
  useLayoutEffect(settle, [messages]);
  const all = streaming ? [...messages, streaming] : messages;
  const place = found ? all.findIndex(({ id }) => id === found.messageId) : -1;
  const [first, drawMore] = useFirstDrawn(all.length, place, found);
  const outlined = useFound({ found, drawn: place >= first, place, count: all.length, scroller, goBy, tell });
  return (
    <div class="messages">
      {/* Scrolled by the keyboard too. */}
      <div
        class="scroller"
        ref={scroller}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Chat"
      >
        <div class="column" ref={content}>
          {first > 0 && (
            <button type="button" class="quiet earlier" onClick={drawMore}>
              Show earlier messages
            </button>
          )}
          {all.slice(first).map((message, index) => {
            const { ids, position } = session.versionsOf(message);
            return (
              <MessageView
                // Versions take each other's place, and the focus stays on what goes from one to the next.
                key={message.parent ?? 'first'}
                message={message}
                position={position}
                count={ids.length}
                last={first + index === all.length - 1}
                answering={streaming !== undefined}
                editing={editing === message.id}
                found={first + index === place ? found : undefined}
                outlined={outlined && first + index === place}
                actions={actions}
                remedy={remedy}
                waiting={message === streaming ? waiting : ''}
              />
            );
          })}
        </div>
      </div>
      {away && (
        <button type="button" class="to-end" aria-label="Scroll to the end" onClick={toEnd}>
          <Icon name="down" />
        </button>
      )}
      <Announcer message={all.at(-1)} news={news} />
    </div>
  );
}

/** Which message is the first one that is drawn: it stays where the branch grows or a longer one is shown. */
function useFirstDrawn(count: number, place: number, found: Found | undefined): [first: number, more: () => void] {
  const latest = Math.max(0, count - PAGE);
  const needed = place < 0 ? latest : Math.max(0, Math.min(latest, place - PAGE / 2));
  const [drawn, setDrawn] = useState(needed);
  useLayoutEffect(() => setDrawn((before) => Math.min(before, needed)), [found, latest]);
  const first = Math.min(drawn, latest);
  return [first, () => setDrawn(Math.max(0, first - PAGE))];
}
