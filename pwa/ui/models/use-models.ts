import { useEffect, useState } from 'preact/hooks';
import { type Client, LocalLLMError, type ModelInfo } from '../../../engine/client/index.ts';

const RETRY_MS = 2_000;

interface Watched {
  /** Undefined until the engine has spoken. */
  models?: ModelInfo[];
  /** Why nothing new arrives. */
  problem?: string;
}

/** All models as they change. Connects again where the connection breaks. */
export function useModels(client: Client): Watched {
  const [watched, setWatched] = useState<Watched>({});
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const watch = async (): Promise<void> => {
      try {
        await client.watchModels((models) => setWatched({ models }), stop.signal);
      } catch (error) {
        if (stop.signal.aborted) return;
        const problem = LocalLLMError.from(error).message;
        setWatched(({ models }) => ({ ...(models && { models }), problem }));
        timer = setTimeout(() => void watch(), RETRY_MS);
      }
    };
    void watch();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [client]);
  return watched;
}

/** What a person asks for model by model, and why it did not work. */
export interface Attempts {
  problems: Readonly<Record<string, LocalLLMError>>;
  /** Ids of models that wait for an answer. */
  busy: ReadonlySet<string>;
  attempt<T>(id: string, work: () => Promise<T>): Promise<T | undefined>;
}

export function useAttempts(): Attempts {
  const [problems, setProblems] = useState<Record<string, LocalLLMError>>({});
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set());
  const attempt = async <T>(id: string, work: () => Promise<T>): Promise<T | undefined> => {
    setProblems(({ [id]: _, ...others }) => others);
    setBusy((ids) => new Set([...ids, id]));
    try {
      return await work();
    } catch (thrown) {
      const error = LocalLLMError.from(thrown);
      if (error.code !== 'aborted') setProblems((others) => ({ ...others, [id]: error }));
      return undefined;
    } finally {
      setBusy((ids) => new Set([...ids].filter((other) => other !== id)));
    }
  };
  return { problems, busy, attempt };
}
