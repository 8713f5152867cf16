import { CopyButton } from '../copy-button.tsx';
import { adviceForAnswer } from '../engine/advice.ts';
import { Notice } from '../engine/notice.tsx';
import type { Remedy } from '../engine/remedies.ts';
import { formatSpeed } from '../format.ts';
import type { ChatMessage } from '../history/records.ts';
import { contains } from '../history/search.ts';
import { Icon } from '../icons.tsx';
import { Markdown } from '../markdown/markdown.tsx';
import { Memo } from '../memo.ts';
import { AttachmentChips } from './attachment-chips.tsx';
import type { Found } from './found.ts';
import { MessageEditor } from './message-editor.tsx';
import { splitThoughts } from './thoughts.ts';
import { ThoughtsView } from './thoughts-view.tsx';
import { VersionSwitch } from './versions.tsx';
import { canContinue } from './write-answer.ts';

/** What a person does with a message. */
export interface MessageActions {
  edit: (message: ChatMessage) => void;
  endEdit: () => void;
  save: (message: ChatMessage, text: string) => void;
  regenerate: (message: ChatMessage) => void;
  continueAnswer: () => void;
  /** Shows another version of it; `button` stays where it is. */
  show: (message: ChatMessage, position: number, button: HTMLElement) => void;
}

export interface MessageProps {
  message: ChatMessage;
  /** Of the versions that it is one of: which one, from 0, and how many. */
  position: number;
  count: number;
  /** The last message of the branch. */
  last: boolean;
  /** An answer is being written, this one or another. */
  answering: boolean;
  editing: boolean;
  /** What a search found in this message. */
  found: Found | undefined;
  /** That cannot be marked, so the message is. */
  outlined: boolean;
  actions: MessageActions;
  remedy: Remedy;
  /** What the model is doing while there is no text yet. */
  waiting: string;
}

export class MessageView extends Memo<MessageProps> {
  override render(props: MessageProps) {
    return props.message.role === 'assistant' ? <Answer {...props} /> : <Question {...props} />;
  }
}

/** `found` is what the list looks for when it goes there. */
const turnClass = ({ message: { role }, found, outlined }: MessageProps) =>
  `turn ${role}${found ? ' found' : ''}${outlined ? ' outlined' : ''}`;

function Question(props: MessageProps) {
  const { message, position, count, answering, editing, actions } = props;
  const { text, attachments = [] } = message;
  return (
    <div class={turnClass(props)}>
      <article class="message user" aria-label="You">
        {attachments.length > 0 && <AttachmentChips attachments={attachments} />}
        {editing ? (
          <MessageEditor
            text={text}
            mayBeEmpty={attachments.length > 0}
            disabled={answering}
            onSave={(edited) => (edited === text ? actions.endEdit() : actions.save(message, edited))}
            onCancel={actions.endEdit}
          />
        ) : (
          text !== '' && <p>{text}</p>
        )}
      </article>
      {!editing && (
        <div class="message-foot">
          <VersionSwitch
            position={position}
            count={count}
            disabled={answering}
            onShow={(to, button) => actions.show(message, to, button)}
          />
          <span class="on-demand">
            {text !== '' && <CopyButton text={text} label="Copy" compact />}
            <button
              type="button"
              class="quiet small icon-only edit"
              aria-label="Edit"
              title="Edit"
              aria-disabled={answering}
              onClick={() => !answering && actions.edit(message)}
            >
              <Icon name="edit" />
            </button>
          </span>
        </div>
      )}
    </div>
  );
}

function Answer(props: MessageProps) {
  const { message, found, remedy, waiting } = props;
  const { status, error } = message;
  const { thoughts, thinking, answer } = splitThoughts(message.text);
  const streaming = status === 'streaming';
  const inThoughts = found && !contains(answer, found.terms) && contains(thoughts ?? '', found.terms);
  return (
    <div class={turnClass(props)}>
      <article class="message assistant" aria-label="localLLM" aria-busy={streaming}>
        {thoughts !== undefined && (
          <ThoughtsView text={thoughts} thinking={thinking && streaming} unfold={inThoughts ? found : undefined} />
        )}
        {answer !== '' && <Markdown text={answer} />}
        {streaming && answer === '' && thoughts === undefined && <Waiting text={thinking ? 'Thinking' : waiting} />}
        {streaming && answer !== '' && <span class="caret" aria-hidden="true" />}
        {status === 'failed' && error && <Notice error={error} advice={adviceForAnswer(error)} remedy={remedy} />}
        {!streaming && <AnswerFoot {...props} answer={answer} />}
      </article>
    </div>
  );
}

function AnswerFoot({ message, position, count, last, answering, actions, answer }: MessageProps & { answer: string }) {
  return (
    <footer class="message-foot">
      <VersionSwitch
        position={position}
        count={count}
        disabled={answering}
        onShow={(to, button) => actions.show(message, to, button)}
      />
      {answer !== '' && <CopyButton text={answer} label="Copy" compact={!last} />}
      {!answering && (
        <button
          type="button"
          class={`quiet small${last ? '' : ' icon-only'}`}
          aria-label="Retry"
          title="Write another version"
          onClick={() => actions.regenerate(message)}
        >
          <Icon name="retry" />
          {last && 'Retry'}
        </button>
      )}
      {last && !answering && canContinue(message) && (
        <button type="button" class="quiet small" title="Go on where it ended" onClick={actions.continueAnswer}>
          <Icon name="onward" />
          Continue
        </button>
      )}
      <Figures message={message} />
    </footer>
  );
}

function Waiting({ text }: { text: string }) {
  return (
    <p class="waiting">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {text}
    </p>
  );
}

/** How the answer ended, how fast it came, and who wrote it. */
function Figures({ message }: { message: ChatMessage }) {
  const { status, finishReason, tokensPerSecond, completionTokens = 0, model } = message;
  const fast = status === 'complete' && tokensPerSecond !== undefined && tokensPerSecond > 0 && completionTokens > 1;
  const remarks = [
    status === 'stopped' && 'Stopped',
    finishReason === 'length' && 'Cut at its length limit',
    fast && `${completionTokens.toLocaleString('en')} tokens`,
    fast && formatSpeed(tokensPerSecond),
    model,
  ].filter((remark) => typeof remark === 'string');
  return (
    <span class="figures remarks">
      {remarks.map((remark) => (
        <span key={remark}>{remark}</span>
      ))}
    </span>
  );
}
