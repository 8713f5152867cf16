import { useEffect, useState } from 'preact/hooks';
import { type Client, LocalLLMError } from '../../../engine/client/index.ts';

/** The access token of the engine: whether there is one, never which. */
export interface TokenState {
  /** Undefined until the engine has spoken. */
  kept: boolean | undefined;
  /** Empty: none any more. Whether that worked. */
  keep(token: string): Promise<boolean>;
  /** What was done last. */
  said: string;
  problem: string | undefined;
}

export function useToken(client: Client): TokenState {
  const [kept, setKept] = useState<boolean>();
  const [said, setSaid] = useState('');
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    let wanted = true;
    client.hasHubToken().then(
      (has) => wanted && setKept(has),
      () => {}, // the field is shown as if there were none
    );
    return () => void (wanted = false);
  }, [client]);
  const keep = async (token: string) => {
    setProblem(undefined);
    setSaid('');
    try {
      await client.setHubToken(token);
      setKept(token !== '');
      setSaid(token === '' ? 'The token was removed.' : 'The token is kept.');
      return true;
    } catch (thrown) {
      setProblem(LocalLLMError.from(thrown).message);
      return false;
    }
  };
  return { kept, keep, said, problem };
}
