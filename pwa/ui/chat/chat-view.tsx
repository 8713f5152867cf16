import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { EngineStatus } from '../../../engine/protocol/messages.ts';
import { adviceFor } from '../engine/advice.ts';
import type { MonitorState } from '../engine/monitor.ts';
import { Notice } from '../engine/notice.tsx';
import { ModelProgress } from '../engine/progress.tsx';
import { createRemedy } from '../engine/remedies.ts';
import { Icon } from '../icons.tsx';
import { useObservable } from '../observable.ts';
import type { Services } from '../services.ts';
import { Composer } from './composer.tsx';
import { EmptyChat } from './empty-chat.tsx';
import { HistoryDialog } from './history-dialog.tsx';
import { MessageList } from './message-list.tsx';
import { ModelMenu } from './model-menu.tsx';
import { ModelSwitch } from './model-switch.tsx';
import type { ChatState } from './session.ts';

interface ChatViewProps {
  services: Services;
  onOpenModels: () => void;
  /** What stands at the head's left and right ends. */
  brand?: ComponentChildren;
  extra?: ComponentChildren;
}

/** The chat: the same in the popup and in the web app. */
export function ChatView({ services, onOpenModels, brand, extra }: ChatViewProps) {
  const { session, monitor, client, choice } = services;
  const chat = useObservable(session);
  const engine = useObservable(monitor);
  const remedy = useMemo(() => createRemedy(services, onOpenModels), [services]);
  const onRetry = useMemo(() => () => void session.retry(), [session]);
  useEffect(() => monitor.preload(), [monitor]);
  useEffect(() => choice.start(), [choice]);
  const trouble = troubleOf(chat, engine);
  const blocked = blockedBy(chat, engine);
  const send = (text: string) => void session.send(text);
  const empty = chat.messages.length === 0 && !chat.streaming;
  return (
    <div class="chat">
      <ChatHead services={services} engine={engine} onOpenModels={onOpenModels} brand={brand} extra={extra} />
      {empty ? (
        <div class="scroller">
          {trouble ? (
            <Notice error={trouble} remedy={remedy} />
          ) : (
            chat.opened && <EmptyChat disabled={blocked !== undefined} onAsk={send} />
          )}
        </div>
      ) : (
        <MessageList
          key={chat.conversation?.id}
          messages={chat.messages}
          streaming={chat.streaming}
          waiting={waitingFor(engine.status)}
          remedy={remedy}
          onRetry={onRetry}
        />
      )}
      <div class="dock">
        {!empty && trouble && <Notice error={trouble} remedy={remedy} />}
        {chat.historyError && <p class="hint">This chat is not saved. {chat.historyError.message}</p>}
        <ModelSwitch choice={choice} status={engine.status} onOpenModels={onOpenModels} />
        <ModelProgress status={engine.status} client={client} />
        <Composer
          answering={chat.streaming !== undefined}
          blocked={blocked}
          focusKey={chat.conversation?.id}
          onSend={send}
          onStop={() => session.stop()}
        />
      </div>
    </div>
  );
}

interface ChatHeadProps extends ChatViewProps {
  engine: MonitorState;
}

function ChatHead({ services: { session, choice }, engine, onOpenModels, brand, extra }: ChatHeadProps) {
  const [showHistory, setShowHistory] = useState(false);
  return (
    <header class="chat-head">
      {brand}
      <ModelMenu choice={choice} engine={engine} onOpenModels={onOpenModels} />
      <div class="tools">
        <button
          type="button"
          class="quiet icon-only"
          aria-label="New chat"
          title="New chat"
          onClick={() => session.newChat()}
        >
          <Icon name="plus" />
        </button>
        <button
          type="button"
          class="quiet icon-only"
          aria-label="Chats"
          title="Chats"
          onClick={() => setShowHistory(true)}
        >
          <Icon name="history" />
        </button>
        {extra}
      </div>
      {showHistory && <HistoryDialog session={session} onClose={() => setShowHistory(false)} />}
    </header>
  );
}

/** What is wrong with the engine, unless the last answer says the same already. */
function troubleOf({ messages, streaming }: ChatState, { status, disconnected }: MonitorState) {
  const error = disconnected ?? (status?.state === 'failed' ? status.error : undefined);
  const last = messages.at(-1);
  return !streaming && last?.error && last.error.code === error?.code ? undefined : error;
}

function blockedBy({ opened }: ChatState, { status }: MonitorState): string | undefined {
  if (!opened) return 'Opening …';
  if (status?.state === 'failed' && status.error && adviceFor(status.error).blocking)
    return 'The model cannot run here';
  return undefined;
}

function waitingFor(status: EngineStatus | undefined): string {
  if (status?.state === 'downloading') return 'Waiting for the download';
  if (status?.state === 'loading' || status?.state === 'profiling') return 'Waiting for the model';
  return status && status.waiting > 0 ? 'Waiting for other requests' : 'Thinking';
}
