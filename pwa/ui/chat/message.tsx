import { CopyButton } from '../copy-button.tsx';
import { adviceForAnswer } from '../engine/advice.ts';
import { Notice } from '../engine/notice.tsx';
import type { Remedy } from '../engine/remedies.ts';
import { formatSpeed } from '../format.ts';
import { Icon } from '../icons.tsx';
import { Markdown } from '../markdown/markdown.tsx';
import { Memo } from '../memo.ts';
import type { ChatMessage } from '../history/records.ts';

export interface MessageProps {
  message: ChatMessage;
  /** Set on the last answer only. */
  onRetry?: (() => void) | undefined;
  remedy: Remedy;
  /** What the model is doing while there is no text yet. */
  waiting?: string | undefined;
}

export class MessageView extends Memo<MessageProps> {
  override render(props: MessageProps) {
    const { message } = props;
    if (message.role === 'assistant') return <Answer {...props} />;
    return (
      <article class="message user" aria-label="You">
        <p>{message.text}</p>
      </article>
    );
  }
}

function Answer({ message, onRetry, remedy, waiting }: MessageProps) {
  const { text, status, error } = message;
  const streaming = status === 'streaming';
  return (
    <article class="message assistant" aria-label="localLLM" aria-busy={streaming}>
      {text !== '' && <Markdown text={text} />}
      {streaming && text === '' && <Waiting text={waiting ?? 'Thinking'} />}
      {streaming && text !== '' && <span class="caret" aria-hidden="true" />}
      {status === 'failed' && error && <Notice error={error} advice={adviceForAnswer(error)} remedy={remedy} />}
      {!streaming && (
        <footer>
          {text !== '' && <CopyButton text={text} label="Copy" />}
          {onRetry && (
            <button type="button" class="quiet small" onClick={onRetry}>
              <Icon name="retry" />
              Retry
            </button>
          )}
          <span class="figures">{remark(message)}</span>
        </footer>
      )}
    </article>
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

/** How the answer ended, and how fast it came. */
function remark({ status, finishReason, tokensPerSecond, completionTokens }: ChatMessage): string {
  if (status === 'stopped') return 'Stopped';
  const speed = tokensPerSecond !== undefined && tokensPerSecond > 0 && (completionTokens ?? 0) > 1;
  return [finishReason === 'length' && 'Cut at its length limit', speed && formatSpeed(tokensPerSecond)]
    .filter(Boolean)
    .join(' · ');
}
