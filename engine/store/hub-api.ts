/**
 * Asking Hugging Face.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';

export const HUB = 'https://huggingface.co';

export interface HubOptions {
  fetch: typeof fetch;
  /** Of the person, for repositories that not everyone may read. Sent to the hub alone. */
  token?: string | undefined;
  signal?: AbortSignal | undefined;
  /** For tests. */
  hub?: string | undefined;
}

/**
 * @param what is asked, for the message where the answer is a plain refusal
 * @throws LocalLLMError network (nobody answers, too many requests, broken), aborted; `refused` may throw its own before that
 */
export async function askHub(
  url: string,
  what: string,
  { fetch, token, signal }: HubOptions,
  refused?: (status: number) => LocalLLMError | undefined,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      ...(signal && { signal }),
    });
  } catch (cause) {
    if (signal?.aborted) throw new LocalLLMError('aborted', 'The request was cancelled.', { cause });
    throw new LocalLLMError('network', `Hugging Face cannot be reached. Check the connection, then try again.`, {
      cause,
    });
  }
  if (response.ok) return response;
  const { status, headers } = response;
  await response.body?.cancel().catch(() => {}); // what it says is not for people
  if (status === 429) {
    const message = `Hugging Face allows no more requests for now. Try again ${whenAgain(headers)}.`;
    throw new LocalLLMError('network', message);
  }
  throw (
    refused?.(status) ?? new LocalLLMError('network', `Hugging Face answered ${status} for ${what}. Try again later.`)
  );
}

/** By Retry-After, or by RateLimit (`"api";r=0;t=55`), where a page may read them. */
function whenAgain(headers: Headers): string {
  const seconds =
    /^\d{1,6}$/.exec(headers.get('Retry-After') ?? '')?.[0] ??
    /\bt=(\d{1,6})\b/.exec(headers.get('RateLimit') ?? '')?.[1];
  if (seconds === undefined) return 'in some minutes';
  const count = Number(seconds);
  if (count < 120) return `in ${count} seconds`;
  return `in ${Math.ceil(count / 60)} minutes`;
}
