import { useEffect, useId, useState } from 'preact/hooks';
import { ReadableSites } from './readable-sites.tsx';
import { SiteCard } from './site-card.tsx';
import type { ReadableSite, SiteRecord, SitesSource } from './sources.ts';

/** Which sites may use the model, what they used of it, and how much they may; which of them the side panel may read. */
export function SitesView({ source }: { source: SitesSource }) {
  const [sites, setSites] = useState<SiteRecord[]>();
  const [readable, setReadable] = useState<ReadableSite[]>([]);
  const [problem, setProblem] = useState<string>();
  const show = async () => {
    const fail = (error: Error) => setProblem(error.message);
    await Promise.all([source.list().then(setSites, fail), source.readable().then(setReadable, fail)]);
  };
  useEffect(() => {
    void show();
    return source.onChange(() => void show());
  }, [source]);
  const change = async (work: Promise<void>): Promise<boolean> => {
    const failure = await work.then(
      () => undefined,
      (error: Error) => error.message,
    );
    setProblem(failure);
    await show();
    return failure === undefined;
  };
  return (
    <>
      {problem && (
        <p class="hint" role="alert">
          {problem}
        </p>
      )}
      {sites?.length === 0 && (
        <p class="card faint">
          No site has asked yet. When one wants to use the model, a window of localLLM asks you first.
        </p>
      )}
      <ul class="cards">
        {sites?.map((record) => (
          <SiteCard
            key={`${record.site.private ?? ''} ${record.site.top ?? ''} ${record.site.origin}`}
            record={record}
            icon={source.icon?.(record.site.origin)}
            revoke={() => void change(source.revoke(record.site))}
            configure={(settings) => void change(source.configure(record.site, settings))}
          />
        ))}
      </ul>
      {sites && <AllowSite allow={(origin) => change(source.allow(origin))} />}
      <ReadableSites
        sites={readable}
        icon={(origin) => source.icon?.(origin)}
        revoke={(origin) => change(source.revokeReading(origin))}
      />
    </>
  );
}

/** For sites that never ask, as they know only the browser's own `LanguageModel`. */
function AllowSite({ allow }: { allow: (origin: string) => Promise<boolean> }) {
  const [text, setText] = useState('');
  const id = useId();
  const [wrong, setWrong] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const origin = originOf(text);
    setWrong(origin === undefined);
    if (origin !== undefined && (await allow(origin))) setText('');
  };
  return (
    <form class="allow-site" onSubmit={(event) => void submit(event)} noValidate>
      <label for={id}>Allow a site before it asks</label>
      <div class="field-row">
        <input
          id={id}
          type="url"
          inputMode="url"
          autoComplete="off"
          placeholder="https://example.org"
          value={text}
          aria-invalid={wrong}
          aria-describedby={wrong ? `${id}-wrong` : undefined}
          onInput={({ currentTarget }) => (setText(currentTarget.value), setWrong(false))}
        />
        <button type="submit" disabled={text.trim() === ''}>
          Allow
        </button>
      </div>
      {wrong && (
        <p id={`${id}-wrong`} class="field-problem" role="alert">
          That is not the address of a site. Write it as https://example.org.
        </p>
      )}
    </form>
  );
}

/** The origin of an address as people type it. */
function originOf(text: string): string | undefined {
  const typed = text.trim();
  const address = /^[a-z]+:\/\//i.test(typed) ? typed : `https://${typed}`;
  if (!URL.canParse(address)) return undefined;
  const { origin, protocol, hostname } = new URL(address);
  const local = /^(.+\.)?localhost$|^127\.[\d.]+$|^\[::1\]$/.test(hostname);
  return protocol === 'https:' || (protocol === 'http:' && local) ? origin : undefined;
}
