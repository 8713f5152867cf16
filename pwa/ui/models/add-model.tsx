import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Client, LocalLLMError, type ModelInfo, type ModelOffer } from '../../../engine/client/index.ts';
import { FilePicker } from './file-picker.tsx';
import { InspectDialog } from './inspect-dialog.tsx';
import { SearchField } from './search-field.tsx';
import { TokenField } from './token-field.tsx';
import { useToken } from './use-token.ts';

interface AddModelProps {
  client: Client;
  models: readonly ModelInfo[];
  /** The model is on its way, or was here already. */
  onAdded: (id: string) => void;
}

/** What is looked at before it is downloaded: as a person named it, and what is known already. */
interface Looked {
  source: string;
  found?: ModelOffer | LocalLLMError;
}

/** Models from elsewhere: searched for, by link, by name, or from files of this device. */
export function AddModel({ client, models, onAdded }: AddModelProps) {
  const [looked, setLooked] = useState<Looked>();
  const token = useToken(client);
  const added = (id: string) => {
    setLooked(undefined);
    onAdded(id);
  };
  return (
    <section class="card add-model" aria-labelledby="models-add">
      <h3 id="models-add">Add another model</h3>
      <SearchField client={client} models={models} onChoose={({ id }) => setLooked({ source: id })} />
      <LinkField client={client} onFound={(source, found) => setLooked({ source, found })} />
      <FilePicker client={client} onAdded={onAdded} />
      <TokenField token={token} />
      {looked && (
        <InspectDialog
          client={client}
          models={models}
          token={token}
          {...looked}
          onAdded={added}
          onClose={() => setLooked(undefined)}
        />
      )}
    </section>
  );
}

interface LinkFieldProps {
  client: Client;
  /** What it names, or that not everyone may have it. */
  onFound: (source: string, found: ModelOffer | LocalLLMError) => void;
}

function LinkField({ client, onFound }: LinkFieldProps) {
  const [text, setText] = useState('');
  const { busy, problem, look, stop, forget } = useLookup(client, onFound);
  const id = useId();
  const submit = (event: Event) => {
    event.preventDefault();
    void look(text.trim());
  };
  return (
    <form class="add-field" onSubmit={submit} noValidate>
      <label for={id}>Link, or name on Hugging Face</label>
      <div class="add-row">
        <input
          id={id}
          type="text"
          inputMode="url"
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          maxLength={2048}
          placeholder="owner/name-GGUF:Q4_K_M"
          value={text}
          readOnly={busy}
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-hint${problem === undefined ? '' : ` ${id}-problem`}`}
          onInput={({ currentTarget }) => (setText(currentTarget.value), forget())}
        />
        {busy ? (
          <button type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="submit" disabled={text.trim() === ''}>
            Look
          </button>
        )}
      </div>
      <p id={`${id}-hint`} class="faint small" role="status">
        {busy ? 'Reading what it has…' : 'You see what it is and whether it fits before anything is downloaded.'}
      </p>
      {problem !== undefined && (
        <p id={`${id}-problem`} class="model-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

/** Finds what a link names. */
function useLookup(client: Client, onFound: LinkFieldProps['onFound']) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const looking = useRef<AbortController>(undefined);
  useEffect(() => () => looking.current?.abort(), []);
  const look = async (source: string): Promise<void> => {
    if (source === '' || busy) return;
    const own = new AbortController();
    looking.current = own;
    setBusy(true);
    setProblem(undefined);
    try {
      onFound(source, await client.inspectModel(source, undefined, own.signal));
    } catch (thrown) {
      const error = LocalLLMError.from(thrown);
      if (error.code === 'not-allowed') onFound(source, error);
      else if (error.code !== 'aborted') setProblem(error.message.replace(/^source: /, ''));
    } finally {
      setBusy(false);
    }
  };
  return { problem, busy, look, stop: () => looking.current?.abort(), forget: () => setProblem(undefined) };
}
