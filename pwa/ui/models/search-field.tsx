import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import type { Client, HubModel, ModelInfo } from '../../../engine/client/index.ts';
import { useObservable } from '../observable.ts';
import { useOnline } from '../online.ts';
import { isHere } from './filters.ts';
import { describeHit, nameOf, pageOf } from './hub.ts';
import { HubSearch, type SearchState } from './search.ts';

interface SearchFieldProps {
  client: Client;
  models: readonly ModelInfo[];
  onChoose: (hit: HubModel) => void;
}

/** Searches Hugging Face. Nothing is sent before a person types here. */
export function SearchField({ client, models, onChoose }: SearchFieldProps) {
  const search = useMemo(() => new HubSearch(client), [client]);
  const state = useObservable(search);
  const online = useOnline();
  const [text, setText] = useState('');
  const id = useId();
  useEffect(() => () => search.stop(), [search]);
  const submit = (event: Event) => {
    event.preventDefault();
    void search.ask(text);
  };
  return (
    <div class="hub-search">
      <form class="add-field" role="search" onSubmit={submit}>
        <label for={id}>Search Hugging Face</label>
        <input
          id={id}
          type="search"
          enterkeyhint="search"
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          maxLength={200}
          placeholder="Name, maker or purpose"
          value={text}
          aria-describedby={`${id}-hint`}
          onInput={({ currentTarget }) => (setText(currentTarget.value), search.type(currentTarget.value))}
        />
        <p id={`${id}-hint`} class="faint small">
          {online
            ? 'GGUF models by everyone. The words go to huggingface.co; nothing is sent before you type.'
            : 'Offline: the search needs a network.'}
        </p>
      </form>
      <p class={state.query === '' && !state.busy ? 'visually-hidden' : 'faint small'} role="status">
        {toldOf(state)}
      </p>
      {state.error && <Refusal state={state} search={search} />}
      <Hits state={state} search={search} models={models} onChoose={onChoose} />
    </div>
  );
}

function toldOf({ busy, query, hits, next, error }: SearchState): string {
  if (busy === 'asking' || busy === 'waiting') return 'Searching…';
  if (busy === 'more') return 'Looking for more…';
  if (error || query === '') return '';
  if (hits.length === 0) return `Nothing is called “${query}”. Try fewer or other words.`;
  const count = `${hits.length} ${hits.length === 1 ? 'model' : 'models'}`;
  return next === undefined ? count : `The ${count} with the most downloads`;
}

function Refusal({ state: { error, query, next }, search }: { state: SearchState; search: HubSearch }) {
  return (
    <div class="model-problem" role="alert">
      {error?.message}{' '}
      <button type="button" class="link" onClick={() => void (next === undefined ? search.ask(query) : search.more())}>
        Try again
      </button>
    </div>
  );
}

interface HitsProps {
  state: SearchState;
  search: HubSearch;
  models: readonly ModelInfo[];
  onChoose: (hit: HubModel) => void;
}

function Hits({ state: { hits, next, busy, error }, search, models, onChoose }: HitsProps) {
  const list = useRef<HTMLUListElement>(null);
  /** The first of the new ones takes the focus: the button that brought them moves away. */
  const [from, setFrom] = useState<number>();
  useEffect(() => {
    if (from === undefined || hits.length <= from) return;
    list.current?.querySelectorAll<HTMLElement>('button.hit')[from]?.focus();
    setFrom(undefined);
  }, [hits, from]);
  if (hits.length === 0) return null;
  const pages = new Set(models.filter(isHere).map(({ from: link }) => link && pageOf(link)));
  const stale = busy === 'asking' || busy === 'waiting';
  return (
    <>
      <ul
        ref={list}
        class={`hits${stale ? ' stale' : ''}`}
        aria-label="Found on Hugging Face"
        aria-busy={busy !== undefined}
      >
        {hits.map((hit) => (
          <li key={hit.id}>
            <Hit hit={hit} here={pages.has(pageOf(hit.id))} onChoose={() => onChoose(hit)} />
          </li>
        ))}
      </ul>
      {next !== undefined && !error && !stale && (
        <button
          type="button"
          class="small more"
          aria-disabled={busy === 'more'}
          onClick={() => {
            setFrom(hits.length);
            void search.more();
          }}
        >
          {busy === 'more' ? 'Looking…' : 'More'}
        </button>
      )}
    </>
  );
}

function Hit({ hit, here, onChoose }: { hit: HubModel; here: boolean; onChoose: () => void }) {
  const { owner, name } = nameOf(hit.id);
  return (
    <button type="button" class="hit" onClick={onChoose}>
      <span class="hit-name">
        <strong>{name}</strong> <span class="faint">{owner}</span>
      </span>
      <span class="hit-facts">
        {hit.gated && <span class="tag warn">Needs access</span>}
        {here && <span class="tag good">On this device</span>}
        <span class="figures">{describeHit(hit, Date.now())}</span>
      </span>
    </button>
  );
}
