import { useEffect, useRef, useState } from 'preact/hooks';
import { type Client, LocalLLMError } from '../../../engine/client/index.ts';
import { Icon } from '../icons.tsx';
import { modelsOf } from './local-files.ts';

interface FilePickerProps {
  client: Client;
  onAdded: (id: string) => void;
}

/** Files by picker, or dropped anywhere on the page. They are copied from disk to disk. */
export function FilePicker({ client, onAdded }: FilePickerProps) {
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
