/**
 * Loads from the store, in a dedicated worker as the application does: only there do files of OPFS open synchronously.
 *
 * @module
 */
import { ModelStore } from '../../../engine/store/model-store.ts';
import { measureLoads, type Loads } from '../loads.ts';

export interface StoredStart {
  /** Of the file: from there it gets into the store. */
  url: string;
  name: string;
  runs: number;
  prompt: number;
  /** Whether the file is read from the disk each time. */
  fromDisk: boolean;
}
export type StoredLoads = { loads: Loads } | { error: string };

/** Has the process that serves the page do something. */
async function ask(what: 'forget' | 'loading' | 'loaded'): Promise<void> {
  const answer = await fetch(`/on/${what}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`);
}

async function beforeLoad(): Promise<() => Promise<void>> {
  (globalThis as { gc?: () => void }).gc?.();
  await ask('loading');
  return () => ask('loaded');
}

async function measure({ url, name, runs, prompt, fromDisk }: StoredStart): Promise<Loads> {
  const store = await ModelStore.open({ baseUrl: new URL('/', url).href });
  await store.ensure({ id: name, name, parts: [{ name, url }] }, { onProgress: () => {} });
  try {
    const open = async () => {
      const { files, close } = await store.source(name);
      return { parts: files, close };
    };
    const beforeRead = async () => fromDisk && ask('forget');
    return await measureLoads({ runs, prompt, open, beforeRead, beforeLoad });
  } finally {
    await store.remove(name);
  }
}

globalThis.addEventListener('message', ({ data }: MessageEvent<StoredStart>) => {
  void measure(data).then(
    (loads) => postMessage({ loads } satisfies StoredLoads),
    (error: unknown) => postMessage({ error: String(error) } satisfies StoredLoads),
  );
});
