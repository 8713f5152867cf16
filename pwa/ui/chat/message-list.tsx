import { useLayoutEffect, useState } from 'preact/hooks';
import type { Remedy } from '../engine/remedies.ts';
import { Icon } from '../icons.tsx';
import { Announcer } from './announcer.tsx';
import { MessageView } from './message.tsx';
import type { ChatSession, ChatState } from './session.ts';
import { useFollowedEnd } from './use-followed-end.ts';
import { useMessageActions } from './use-message-actions.ts';

interface MessageListProps {
  session: ChatSession;
  chat: ChatState;
  /** What the model is doing while there is no text yet. */
  waiting: string;
  remedy: Remedy;
}

/** Messages drawn at first, and more at each wish. */
const PAGE = 60;

/** The shown branch of the conversation. Follows its end only while that is what the reader looks at. */
export function MessageList({ session, chat, waiting, remedy }: MessageListProps) {
  const { messages, streaming, editing } = chat;
  const { scroller, content, away, toEnd, onScroll, hold, settle } = useFollowedEnd(streaming?.id);
  const [shown, setShown] = useState(PAGE);
  const focusList = () => scroller.current?.focus({ preventScroll: true });
  const { actions, news } = useMessageActions(session, focusList, hold);
  useLayoutEffect(settle, [messages]);
  const all = streaming ? [...messages, streaming] : messages;
  const first = Math.max(0, all.length - shown);
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
            <button type="button" class="quiet earlier" onClick={() => setShown(shown + PAGE)}>
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
