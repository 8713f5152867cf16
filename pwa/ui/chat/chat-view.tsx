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
import { ChatSettingsDialog } from './chat-settings-dialog.tsx';
import { changesIn, settingsBelow } from './chat-settings.ts';
import { ChatsButton, ChatsFrame, NewChatButton, useChatsPlace } from './chats-frame.tsx';
import type { ChatsPlace } from './chats-frame.tsx';
import { Composer } from './composer.tsx';
import { EmptyChat } from './empty-chat.tsx';
import type { Found } from './found.ts';
import { MessageList } from './message-list.tsx';
import { ModelMenu } from './model-menu.tsx';
import { ModelSwitch } from './model-switch.tsx';
import type { ChatState } from './session.ts';
import { SystemLine } from './system-line.tsx';

interface ChatViewProps {
  services: Services;
  onOpenModels: () => void;
  /** What stands at the head's left and right ends. */
  brand?: ComponentChildren;
  extra?: ComponentChildren;
  /** What stands above the composer. */
  beforeComposer?: ComponentChildren;
}

/** The chat and the list of chats: the same in the popup and in the web app. */
export function ChatView(props: ChatViewProps) {
  const chats = useChatsPlace();
  const [found, setFound] = useState<Found>();
  return (
    <ChatsFrame services={props.services} place={chats} onFound={setFound} onOpenModels={props.onOpenModels}>
      <Chat {...props} chats={chats} found={found} />
    </ChatsFrame>
  );
}

interface ChatProps extends ChatViewProps {
  chats: ChatsPlace;
  /** What a search found in the chat that is open. */
  found: Found | undefined;
}

function Chat({ services, chats, found, onOpenModels, brand, extra, beforeComposer }: ChatProps) {
  const { session, monitor, client, choice } = services;
  const chat = useObservable(session);
  const engine = useObservable(monitor);
  const remedy = useMemo(() => createRemedy(services, onOpenModels), [services]);
  useEffect(() => monitor.preload(), [monitor]);
  useEffect(() => choice.start(), [choice]);
  const trouble = troubleOf(chat, engine);
  const blocked = blockedBy(chat, engine);
  const send = (text: string) => void session.send(text);
  const [settingsAt, setSettingsAt] = useState<'top' | 'system'>();
  const empty = chat.messages.length === 0 && !chat.streaming;
  return (
    <div class="chat">
      <ChatHead
        services={services}
        chats={chats}
        engine={engine}
        onOpenModels={onOpenModels}
        onOpenSettings={() => setSettingsAt('top')}
        brand={brand}
        extra={extra}
      />
      <SystemLine services={services} onOpen={() => setSettingsAt('system')} />
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
          session={session}
          chat={chat}
          waiting={waitingFor(engine.status)}
          remedy={remedy}
          found={found}
        />
      )}
      <div class="dock">
        {!empty && trouble && <Notice error={trouble} remedy={remedy} />}
        {chat.historyError && <p class="hint">This chat is not saved. {chat.historyError.message}</p>}
        <ModelSwitch choice={choice} status={engine.status} onOpenModels={onOpenModels} />
        <ModelProgress status={engine.status} client={client} />
        {beforeComposer}
        <Composer session={session} chat={chat} blocked={blocked} model={engine.status?.model} />
      </div>
      {settingsAt && (
        <ChatSettingsDialog
          services={services}
          atSystem={settingsAt === 'system'}
          onClose={() => setSettingsAt(undefined)}
        />
      )}
    </div>
  );
}

interface ChatHeadProps extends Omit<ChatProps, 'found'> {
  engine: MonitorState;
  onOpenSettings: () => void;
}

function ChatHead({ services, chats, engine, onOpenModels, onOpenSettings, brand, extra }: ChatHeadProps) {
  return (
    <header class="chat-head">
      {chats.wide && <ChatsButton place={chats} />}
      {brand}
      <ModelMenu choice={services.choice} engine={engine} onOpenModels={onOpenModels} />
      <div class="tools">
        <SettingsButton services={services} onOpen={onOpenSettings} />
        <NewChatButton services={services} />
        {!chats.wide && <ChatsButton place={chats} />}
        {extra}
      </div>
    </header>
  );
}

/** Opens the settings of this chat; a dot says that some are not the model's own. */
function SettingsButton({ services: { session, choice }, onOpen }: { services: Services; onOpen: () => void }) {
  const { settings, conversation } = useObservable(session);
  useObservable(choice);
  const changes = changesIn(settings, settingsBelow(choice.model), conversation !== undefined);
  const title = changes.length === 0 ? 'Chat settings' : `Chat settings (changed: ${changes.join(', ')})`;
  return (
    <button
      type="button"
      class={`quiet icon-only${changes.length > 0 ? ' marked' : ''}`}
      aria-label={title}
      title={title}
      onClick={onOpen}
    >
      <Icon name="tune" />
    </button>
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
