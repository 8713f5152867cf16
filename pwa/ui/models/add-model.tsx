import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Client, LocalLLMError } from '../../../engine/client/index.ts';
import { Icon } from '../icons.tsx';
import { modelsOf } from './local-files.ts';
import { TokenField } from './token-field.tsx';

interface AddModelProps {
  client: Client;
  onAdded: (id: string) => void;
}

/** Models from elsewhere: by link, by name, or from files of this device. */
export function AddModel({ client, onAdded }: AddModelProps) {
  const [refused, setRefused] = useState(false);
  return (
    <section class="card add-model" aria-labelledby="models-add">
      <h3 id="models-add">Add another model</h3>
      <p class="faint small">
        Any GGUF model of a supported kind.{' '}
        <a href="https://huggingface.co/models?library=gguf&sort=trending" target="_blank" rel="noopener noreferrer">
          Look on Hugging Face
        </a>
      </p>
      <LinkField client={client} onAdded={onAdded} onRefused={() => setRefused(true)} />
      <FilePicker client={client} onAdded={onAdded} />
      <TokenField client={client} needed={refused} />
    </section>
  );
}

function LinkField({ client, onAdded, onRefused }: AddModelProps & { onRefused: () => void }) {
  const [text, setText] = useState('');
  const { busy, problem, look, stop, forget } = useLookup(client, onRefused);
  const id = useId();
  const submit = async (event: Event) => {
    event.preventDefault();
    const added = await look(text.trim());
    if (added === undefined) return;
    setText('');
    onAdded(added);
  };
  return (
    <form class="add-field" onSubmit={(event) => void submit(event)} noValidate>
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
          aria-describedby={problem === undefined ? undefined : `${id}-problem`}
          onInput={({ currentTarget }) => (setText(currentTarget.value), forget())}
        />
        {busy ? (
          <button type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="submit" disabled={text.trim() === ''}>
            Download
          </button>
        )}
      </div>
      {problem !== undefined && (
        <p id={`${id}-problem`} class="model-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

/** Finds what a link names and begins to download it; leaving the page stops the search, not the download. */
function useLookup(client: Client, onRefused: () => void) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const looking = useRef<AbortController>(undefined);
  useEffect(() => () => looking.current?.abort(), []);
  const look = async (source: string): Promise<string | undefined> => {
    looking.current = new AbortController();
    setBusy(true);
    setProblem(undefined);
    try {
      return (await client.addModel(source, undefined, looking.current.signal)).id;
    } catch (thrown) {
      const error = LocalLLMError.from(thrown);
      if (error.code === 'not-allowed') onRefused();
      if (error.code !== 'aborted') setProblem(error.message.replace(/^source: /, ''));
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  return { problem, busy, look, stop: () => looking.current?.abort(), forget: () => setProblem(undefined) };
}

/** Files by picker, or dropped anywhere on the page. They are copied from disk to disk. */
function FilePicker({ client, onAdded }: AddModelProps) {
  const input = useRef<HTMLInputElement>(null);
  const [problems, setProblems] = useState<string[]>([]);
  const take = async (files: Iterable<File>) => {
    const { models, foreign } = modelsOf(files);
    setProblems(foreign.map(({ name }) => `${name} is no GGUF file: its name does not end in .gguf.`));
    for (const { name, files: parts } of models) {
      try {
        onAdded((await client.importModel(name, parts)).id);
      } catch (thrown) {
        const { code, message } = LocalLLMError.from(thrown);
        if (code !== 'aborted') setProblems((others) => [...others, `${name}: ${message}`]);
      }
    }
  };
  const dragged = useDrop((files) => void take(files));
  return (
    <div class={`drop-zone${dragged ? ' dragged' : ''}`}>
      <Icon name="install" />
      <p>
        {dragged ? 'Let go to copy the model into the browser.' : 'Drop a .gguf file anywhere here, or'}{' '}
        {!dragged && (
          <button type="button" class="link" onClick={() => input.current?.click()}>
            choose files
          </button>
        )}
        <span class="faint small">All parts of a split model together.</span>
      </p>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Model files"
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = ''; // the same file may be chosen again
          void take(files);
        }}
      />
      {problems.map((problem) => (
        <p key={problem} class="model-problem" role="alert">
          {problem}
        </p>
      ))}
    </div>
  );
}

/** Whether files are dragged over the page; what is dropped is handed on instead of being opened by the browser. */
function useDrop(take: (files: FileList) => void): boolean {
  const [dragged, setDragged] = useState(false);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setDragged(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setDragged(false);
    const drop = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setDragged(false);
      latest.current(event.dataTransfer.files);
    };
    const stop = new AbortController();
    addEventListener('dragover', over, stop);
    addEventListener('dragleave', leave, stop);
    addEventListener('drop', drop, stop);
    return () => stop.abort();
  }, []);
  return dragged;
}
