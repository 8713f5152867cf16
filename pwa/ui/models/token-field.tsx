import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Client, LocalLLMError } from '../../../engine/client/index.ts';

interface TokenFieldProps {
  client: Client;
  /** A repository was refused: the field is opened. */
  needed: boolean;
}

/** The access token for repositories that not everyone may read. It never comes back from the engine. */
export function TokenField({ client, needed }: TokenFieldProps) {
  const [token, setToken] = useState('');
  const [said, setSaid] = useState('');
  const details = useRef<HTMLDetailsElement>(null);
  const id = useId();
  useEffect(() => {
    if (needed && details.current) details.current.open = true;
  }, [needed]);
  const keep = async (value: string) => {
    try {
      await client.setHubToken(value);
      setToken('');
      setSaid(value === '' ? 'No token is kept.' : 'The token is kept until the engine ends.');
    } catch (thrown) {
      setSaid(LocalLLMError.from(thrown).message);
    }
  };
  return (
    <details ref={details}>
      <summary>Repositories that need an access token</summary>
      <form
        class="add-field"
        onSubmit={(event) => {
          event.preventDefault();
          void keep(token.trim());
        }}
      >
        <label for={id}>Hugging Face access token</label>
        <div class="add-row">
          <input
            id={id}
            type="password"
            autoComplete="off"
            maxLength={256}
            placeholder="hf_…"
            value={token}
            aria-describedby={`${id}-hint`}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
          <button type="submit" disabled={token.trim() === ''}>
            Keep
          </button>
          <button type="button" class="quiet" onClick={() => void keep('')}>
            Forget
          </button>
        </div>
        <p id={`${id}-hint`} class="faint small">
          It goes to huggingface.co alone, is never written to disk, and is forgotten when the engine ends.
        </p>
        <p class="small" role="status">
          {said}
        </p>
      </form>
    </details>
  );
}
