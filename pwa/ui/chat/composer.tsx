import { useRef, useState } from 'preact/hooks';
import type { EngineStatus } from '../../../engine/protocol/messages.ts';
import { Icon } from '../icons.tsx';
import { AttachButton } from './attach-button.tsx';
import { AttachmentChips } from './attachment-chips.tsx';
import type { DraftFit } from './attachments.ts';
import { ComposerField } from './composer-field.tsx';
import { draftOf } from './kept-draft.ts';
import type { ChatSession, ChatState } from './session.ts';
import { useAttaching } from './use-attaching.ts';
import { useDraftFit } from './use-draft-fit.ts';
import { useDroppedFiles } from './use-files.ts';

interface ComposerProps {
  session: ChatSession;
  chat: ChatState;
  /** Why nothing can be asked; undefined when all is well. */
  blocked?: string | undefined;
  /** The one whose context the question has to fit in. */
  model: EngineStatus['model'];
}

/** Where a question is written, and what goes along with it. */
export function Composer({ session, chat, blocked, model }: ComposerProps) {
  const { draftAttachments, conversation, streaming } = chat;
  const [text, setText] = useState(() => draftOf(session));
  const form = useRef<HTMLFormElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const { problem, news, take, remove, forget } = useAttaching(session);
  const held = useDroppedFiles(form, take);
  const fit = useDraftFit(session, chat, text, model);
  const something = text.trim() !== '' || draftAttachments.length > 0;
  const tooLong = fit?.verdict === 'too-long' && !fit.stale;
  const sendable = !streaming && blocked === undefined && something && !tooLong;
  const write = (written: string) => {
    setText(written);
    session.draft = written;
    forget();
  };
  const send = () => {
    if (!sendable) return;
    void session.send(text.trim());
    write('');
    field.current?.focus();
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    send();
  };
  return (
    <form class="composer" ref={form} onSubmit={onSubmit}>
      {draftAttachments.length > 0 && (
        <AttachmentChips
          attachments={draftAttachments}
          onRemove={(attachment) => {
            remove(attachment);
            field.current?.focus();
          }}
        />
      )}
      <Notes problem={problem} fit={fit} />
      <div class="composer-row">
        <AttachButton disabled={blocked !== undefined} onFiles={take} />
        <ComposerField
          field={field}
          text={text}
          blocked={blocked}
          focusKey={conversation?.id}
          onText={write}
          onSend={send}
          onFiles={take}
        />
        {streaming ? <StopButton onStop={() => session.stop()} /> : <SendButton disabled={!sendable} />}
      </div>
      <p class="visually-hidden" role="status">
        {fit && fit.verdict !== 'fits' ? fit.text : news}
      </p>
      {held && <div class="drop-target">Drop text files to attach them</div>}
    </form>
  );
}

/** What came of files, and whether the draft fits. */
function Notes({ problem, fit }: { problem: string | undefined; fit: DraftFit | undefined }) {
  return (
    <>
      {problem !== undefined && (
        <p class="composer-note bad" role="alert">
          {problem}
        </p>
      )}
      {fit && <p class={`composer-note ${fit.verdict === 'fits' ? '' : 'warn'}`}>{fit.text}</p>}
    </>
  );
}

function StopButton({ onStop }: { onStop: () => void }) {
  return (
    <button type="button" class="round stop" aria-label="Stop" title="Stop" onClick={onStop}>
      <Icon name="stop" />
    </button>
  );
}

function SendButton({ disabled }: { disabled: boolean }) {
  return (
    <button type="submit" class="round send" aria-label="Send" title="Send (Enter)" disabled={disabled}>
      <Icon name="send" />
    </button>
  );
}
