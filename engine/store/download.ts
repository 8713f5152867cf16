/**
 * One HTTP request for the rest of a file.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';

/** Answers that the same request may not get again. */
const WORTH_RETRYING = new Set([408, 425, 429]);

export interface RestOfFile {
  /** The first byte that the body holds: what was asked for, or 0 where the server starts over. */
  start: number;
  body: ReadableStream<Uint8Array>;
  etag?: string;
  lastModified?: string;
}

/** A download that failed in a way that trying again may mend. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** Whether the bytes so far are of another version of the file, or beyond its end. */
  readonly startOver: boolean;

  constructor(message: string, options: { cause?: unknown; startOver?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.startOver = options.startOver ?? false;
  }
}

export interface DownloadRequest {
  url: URL;
  /** Bytes of the whole file, as pinned. */
  bytes: number;
  /** Bytes that are there already. */
  from: number;
  /** What the server said of the version of those bytes. */
  etag?: string | undefined;
  lastModified?: string | undefined;
  /** If-Range costs a CORS preflight, which many file hosts refuse: then the ETag of the answer is compared instead. */
  sameOrigin: boolean;
  signal: AbortSignal;
}

/**
 * Asks for the file from `from` on.
 * @throws Interrupted where it is worth another try, LocalLLMError network where it is not
 */
export async function requestRest(request: DownloadRequest, fetchFile: typeof fetch): Promise<RestOfFile> {
  const { url, from, signal } = request;
  const headers = new Headers();
  // For an extension's own file Chromium answers a Range with 200 and only the rest. It is local: starting over is cheap.
  if (from > 0 && url.protocol.startsWith('http')) {
    headers.set('Range', `bytes=${from}-`);
    const validator = ifRange(request);
    if (request.sameOrigin && validator !== undefined) headers.set('If-Range', validator);
  }
  let response: Response;
  try {
    // no-store: the HTTP cache must not keep a second copy of gigabytes.
    response = await fetchFile(url, { headers, signal, cache: 'no-store', referrerPolicy: 'no-referrer' });
  } catch (cause) {
    throw new Interrupted('there is no connection to the server, or it does not allow this page', { cause });
  }
  try {
    return checkAnswer(request, response);
  } catch (error) {
    await response.body?.cancel().catch(() => {}); // the answer is refused already; how its stream ends does not matter
    throw error;
  }
}

function checkAnswer(request: DownloadRequest, response: Response): RestOfFile {
  const { url, bytes, from } = request;
  const { status } = response;
  if (status === 416) throw new Interrupted('the server has no bytes beyond those stored', { startOver: true });
  if (status >= 500 || WORTH_RETRYING.has(status)) throw new Interrupted(`the server answered ${status}`);
  if ((status !== 200 && status !== 206) || response.body === null) {
    throw new LocalLLMError(
      'network',
      `The download of ${url.href} failed: the server answered ${status} ${response.statusText}. Look for an update, or choose another model.`,
    );
  }
  const etag = response.headers.get('ETag') ?? undefined;
  const lastModified = response.headers.get('Last-Modified') ?? undefined;
  const start = status === 206 ? from : 0;
  if (status === 206) {
    // Both headers may be hidden from a cross-origin page; the final hash judges then.
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('Content-Range') ?? `bytes ${from}-0/*`);
    if (!range || Number(range[1]) !== from) {
      throw new Interrupted(`the server sent another part of the file than was asked for`, { startOver: true });
    }
    const other = range[2] !== '*' && Number(range[2]) !== bytes;
    if (other || (etag !== undefined && request.etag !== undefined && etag !== request.etag)) {
      throw new Interrupted('the file has changed on the server', { startOver: true });
    }
  }
  const length = response.headers.get('Content-Length');
  if (length !== null && !response.headers.has('Content-Encoding') && Number(length) !== bytes - start) {
    // A sign-in page of a hotel's network, say: what is stored stays.
    throw new Interrupted(`the server sent ${length} bytes where ${bytes - start} were expected`);
  }
  return {
    start,
    body: response.body,
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { lastModified }),
  };
}

/** A weak ETag says nothing of the exact bytes, so If-Range does not allow it. */
function ifRange({ etag, lastModified }: DownloadRequest): string | undefined {
  return etag === undefined || etag.startsWith('W/') ? lastModified : etag;
}
