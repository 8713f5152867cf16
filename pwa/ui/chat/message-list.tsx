import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Remedy } from '../engine/remedies.ts';
import { Icon } from '../icons.tsx';
import { Memo } from '../memo.ts';
import { Announcer } from './announcer.tsx';
import { MessageView } from './message.tsx';
import type { ChatMessage } from '../history/records.ts';

interface MessageListProps {
  messages: readonly ChatMessage[];
  streaming?: ChatMessage | undefined;
  waiting: string;
  remedy: Remedy;
  onRetry: () => void;
}

/** How near to its end a list counts as being read at its end, in CSS pixels. */
const NEAR_END = 48;
/** Messages drawn at first, and more at each wish. */
const PAGE = 60;

/** The conversation. Follows its end only while that is what the reader looks at. */
export function MessageList({ messages, streaming, waiting, remedy, onRetry }: MessageListProps) {
  const { scroller, content, away, toEnd, onScroll } = useFollowedEnd(streaming?.id);
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
          <PastMessages messages={messages} answering={streaming !== undefined} remedy={remedy} onRetry={onRetry} />
          {streaming && <MessageView key={streaming.id} message={streaming} remedy={remedy} waiting={waiting} />}
        </div>
      </div>
      {away && (
        <button type="button" class="to-end" aria-label="Scroll to the end" onClick={toEnd}>
          <Icon name="down" />
        </button>
      )}
      <Announcer message={streaming ?? messages.at(-1)} />
    </div>
  );
}

interface PastProps extends Omit<MessageListProps, 'streaming' | 'waiting'> {
  answering: boolean;
}

class PastMessages extends Memo<PastProps> {
  override render({ messages, answering, remedy, onRetry }: PastProps) {
    return <Pages messages={messages} answering={answering} remedy={remedy} onRetry={onRetry} />;
  }
}

function Pages({ messages, answering, remedy, onRetry }: PastProps) {
  const [shown, setShown] = useState(PAGE);
  const first = Math.max(0, messages.length - shown);
  return (
    <>
      {first > 0 && (
        <button type="button" class="quiet earlier" onClick={() => setShown(shown + PAGE)}>
          Show earlier messages
        </button>
      )}
      {messages.slice(first).map((message, position) => {
        const last = !answering && first + position === messages.length - 1;
        return (
          <MessageView key={message.id} message={message} remedy={remedy} onRetry={last ? onRetry : undefined} />
        );
      })}
    </>
  );
}

/** Keeps a scroller at its end while it grows, unless the reader has scrolled away; a new answer goes to the end again. */
function useFollowedEnd(answerId: string | undefined) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const lastTop = useRef(0);
  const [away, setAway] = useState(false);
  const toEnd = () => {
    following.current = true;
    setAway(false);
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  };
  const onScroll = () => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = scroller.current ?? {};
    // Text that came since the list was put to its end is no reason to stop: only a reader moves up.
    if (scrollHeight - scrollTop - clientHeight < NEAR_END) following.current = true;
    else if (scrollTop < lastTop.current) following.current = false;
    lastTop.current = scrollTop;
    setAway(!following.current);
  };
  useLayoutEffect(() => {
    if (answerId !== undefined) toEnd();
  }, [answerId]);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => {
      if (following.current) toEnd();
    });
    if (scroller.current) observer.observe(scroller.current);
    if (content.current) observer.observe(content.current);
    return () => observer.disconnect();
  }, []);
  return { scroller, content, away, toEnd, onScroll };
}
