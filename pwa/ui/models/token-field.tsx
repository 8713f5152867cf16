import { useId, useState } from 'preact/hooks';
import type { TokenState } from './use-token.ts';

/** The access token for repositories that not everyone may read: kept on this device, never shown again. */
export function TokenField({ token }: { token: TokenState }) {
  const [replacing, setReplacing] = useState(false);
  const { kept, keep, said, problem } = token;
  return (
    <details>
      <summary>{kept ? 'Hugging Face access token: kept' : 'Hugging Face access token'}</summary>
      {kept && !replacing ? (
        <div class="token-kept">
          <p class="small">
            A token is kept on this device for repositories that not everyone may read. It goes to huggingface.co alone
            and is not shown again.
          </p>
          <div class="actions">
            <button type="button" class="small" onClick={() => setReplacing(true)}>
              Replace
            </button>
            <button type="button" class="small quiet danger" onClick={() => void keep('')}>
              Remove
            </button>
          </div>
          {problem !== undefined && (
            <p class="model-problem" role="alert">
              {problem}
            </p>
          )}
        </div>
      ) : (
        <TokenForm token={token} onKept={() => setReplacing(false)} />
      )}
      <p class="small" role="status">
        {said}
      </p>
    </details>
  );
}

interface TokenFormProps {
  token: TokenState;
  onKept: () => void;
}

export function TokenForm({ token: { keep, problem }, onKept }: TokenFormProps) {
  const [text, setText] = useState('');
  const id = useId();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!(await keep(text.trim()))) return;
    setText('');
    onKept();
  };
  return (
    <form class="add-field" onSubmit={(event) => void submit(event)}>
      <label for={id}>Access token</label>
      <div class="add-row">
        <input
          id={id}
          type="password"
          autoComplete="off"
          maxLength={256}
          placeholder="hf_…"
          value={text}
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-hint`}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <button type="submit" disabled={text.trim() === ''}>
          Keep
        </button>
      </div>
      <p id={`${id}-hint`} class="faint small">
        One that may read is enough:{' '}
        <a href="https://huggingface.co/settings/tokens" target="_blank" rel="noopener noreferrer">
          make one at Hugging Face
        </a>
        . It is kept on this device, goes to huggingface.co alone, and is not shown again.
      </p>
      {problem !== undefined && (
        <p class="model-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
