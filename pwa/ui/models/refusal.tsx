import type { LocalLLMError } from '../../../engine/client/index.ts';
import { pageOf } from './hub.ts';
import { TokenForm } from './token-field.tsx';
import type { TokenState } from './use-token.ts';

interface RefusalProps {
  error: LocalLLMError;
  source: string;
  token: TokenState;
  onRetry: () => void;
}

/** Why nothing is known of it, and what helps. */
export function Refusal({ error, source, token, onRetry }: RefusalProps) {
  const page = pageOf(source);
  if (error.code !== 'not-allowed' || page === undefined) {
    return (
      <div class="model-problem" role="alert">
        {error.message.replace(/^source: /, '')}{' '}
        {error.code !== 'bad-argument' && (
          <button type="button" class="link" onClick={onRetry}>
            Try again
          </button>
        )}
      </div>
    );
  }
  return (
    <>
      <p role="alert">
        {token.kept
          ? 'The account of the token that is kept has not been let in.'
          : 'Not everyone may read this repository.'}{' '}
        Accept its conditions on{' '}
        <a href={page} target="_blank" rel="noopener noreferrer">
          its page
        </a>
        , then{' '}
        {token.kept ? 'try again, or enter the token of another account' : 'enter an access token of that account'}.
      </p>
      <TokenForm token={token} onKept={onRetry} />
      {token.kept && (
        <div class="actions">
          <button type="button" onClick={onRetry}>
            Try again
          </button>
        </div>
      )}
    </>
  );
}
