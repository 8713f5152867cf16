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
}
export type StoredLoads = { loads: Loads } | { error: string };

async function measure({ url, name, runs, prompt }: StoredStart): Promise<Loads> {
  const store = await ModelStore.open({ baseUrl: new URL('/', url).href });
  await store.ensure({ id: name, name, parts: [{ name, url }] }, { onProgress: () => {} });
  try {
    const open = async () => {
      const { files, close } = await store.source(name);
      return { parts: files, close };
    };
    return await measureLoads({ runs, prompt, open });
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
