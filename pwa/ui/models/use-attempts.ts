import { useState } from 'preact/hooks';
import { LocalLLMError } from '../../../engine/client/index.ts';

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
