/**
 * One HTTP request for a part of a file.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { ByteRange } from './byte-ranges.ts';
import type { Version } from './partial-blob.ts';

/** Answers that the same request may not get again. */
const WORTH_RETRYING = new Set([408, 425, 429]);
/** A server that asks for a longer pause is believed so far. */
const MAX_RETRY_AFTER_MS = 120_000;

export interface Body {
  /** The server sends the whole file, whatever was asked. */
  whole: boolean;
  stream: ReadableStream<Uint8Array>;
  /** Of the whole file, where the server says. */
  bytes?: number;
  version: Version;
}

/** A download that failed in a way that trying again may mend. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** The bytes so far are of another version of the file, or beyond its end. */
  readonly startOver: boolean;
  /** The server asks for fewer requests, and for none before so many milliseconds. */
  readonly slowDown: boolean;
  readonly retryAfterMs: number;
  /** The server sends this file only as a whole. */
  readonly noRanges: boolean;
  /** Nobody answered. */
  readonly unreachable: boolean;

  constructor(
    message: string,
    options: {
      cause?: unknown;
      startOver?: boolean;
      slowDown?: boolean;
      retryAfterMs?: number;
      noRanges?: boolean;
      unreachable?: boolean;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.startOver = options.startOver ?? false;
    this.slowDown = options.slowDown ?? false;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.noRanges = options.noRanges ?? false;
    this.unreachable = options.unreachable ?? false;
  }
}

export interface DownloadRequest {
  url: URL;
  /** Bytes that are wanted; undefined: the whole file, without a Range. An end of Infinity: to the file's end. */
  range: ByteRange | undefined;
  /** Bytes of the whole file, where that is known. */
  bytes: number | undefined;
  /** What is known of the version of the bytes that are there; empty where there are none. */
  version: Version;
  /** The SHA-256 that the file must have, where that is known. */
  sha256: string | undefined;
  /** If-Range costs a CORS preflight, which many file hosts refuse: then the versions in the answer are compared instead. */
  sameOrigin: boolean;
  /** `Authorization`, for this host alone: browsers drop it where a redirect leaves the host. */
  authorization: string | undefined;
  signal: AbortSignal;
}

/** @throws Interrupted where it is worth another try, LocalLLMError network, not-allowed, hash-mismatch where it is not */
export async function requestBytes(request: DownloadRequest, fetchFile: typeof fetch): Promise<Body> {
  const { url, range, signal, authorization } = request;
  const headers = new Headers();
  if (range) {
    headers.set('Range', `bytes=${range[0]}-${range[1] === Infinity ? '' : range[1] - 1}`);
    const validator = ifRange(request.version);
    if (request.sameOrigin && validator !== undefined) headers.set('If-Range', validator);
  }
  if (authorization !== undefined) headers.set('Authorization', authorization);
  let response: Response;
  try {
    // no-store: the HTTP cache must not keep a second copy of gigabytes.
    response = await fetchFile(url, {
      headers,
      signal,
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    });
  } catch (cause) {
    const message = 'there is no connection to the server, or it does not allow downloads by web pages';
    throw new Interrupted(message, { cause, unreachable: true });
  }
  try {
    return checkAnswer(request, response);
  } catch (error) {
    await response.body?.cancel().catch(() => {}); // the answer is refused already; how its stream ends does not matter
    throw error;
  }
}

function checkAnswer(request: DownloadRequest, response: Response): Body {
  checkStatus(request, response);
  checkPin(request, response);
  const { headers, status, body } = response;
  if (response.url.startsWith('http:') && request.url.protocol === 'https:') {
    throw new LocalLLMError(
      'network',
      `${request.url.href} leads to ${response.url}, which is not encrypted. Use another address.`,
    );
  }
  if (headers.get('Content-Type')?.startsWith('text/html')) {
    throw new Interrupted('the server sent a web page instead of the file'); // a sign-in page of a hotel's network, say
  }
  const version = versionOf(headers, request.url);
  const start = status === 206 ? (request.range?.[0] ?? 0) : 0;
  const bytes = status === 206 ? checkRange(request, headers, start) : wholeLength(headers);
  const expected = request.bytes;
  if (expected !== undefined && bytes !== undefined && bytes !== expected) {
    throw status === 206
      ? new Interrupted(`the file has changed on the server: it has ${bytes} bytes`, { startOver: true })
      : new Interrupted(`the server sent ${bytes} bytes where ${expected} were expected`); // what is stored stays
  }
  if (status === 206 && changed(request.version, version)) {
    throw new Interrupted('the file has changed on the server', { startOver: true });
  }
  return {
    whole: status === 200,
    stream: body as ReadableStream<Uint8Array>,
    ...(bytes !== undefined && { bytes }),
    version,
  };
}

function checkStatus({ url, authorization }: DownloadRequest, { status, statusText, body, headers }: Response): void {
  if (status === 416) throw new Interrupted('the server has no bytes beyond those stored', { startOver: true });
  if (status >= 500 || WORTH_RETRYING.has(status)) {
    const slowDown = status === 429 || status === 503;
    throw new Interrupted(`the server answered ${status}`, { slowDown, retryAfterMs: retryAfter(headers) });
  }
  if (status === 401 || status === 403) {
    const advice =
      authorization === undefined
        ? 'Accept its conditions on the website, and enter an access token in the settings.'
        : 'Accept its conditions on the website with the account that the access token belongs to.';
    throw new LocalLLMError('not-allowed', `${url.origin} does not give ${url.pathname} to everyone. ${advice}`);
  }
  if ((status === 200 || status === 206) && body !== null) return;
  throw new LocalLLMError(
    'network',
    `The download of ${url.href} failed: the server answered ${`${status} ${statusText}`.trim()}. Look for an update, or choose another model.`,
  );
}

/** Hugging Face names a file's SHA-256 on its own answers; one that a redirect hides is known from the list of files. */
function checkPin({ sha256, url }: DownloadRequest, { headers }: Response): void {
  const linked = linkedHash(headers);
  if (sha256 === undefined || linked === undefined || linked === sha256) return;
  throw new LocalLLMError(
    'hash-mismatch',
    `${url.href} now has SHA-256 ${linked}; pinned is ${sha256}. It was replaced on the server. Delete the model and add it again to take the new file.`,
  );
}

/** The SHA-256 in `X-Linked-ETag`, where there is one. */
const linkedHash = (headers: Headers): string | undefined =>
  /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(headers.get('X-Linked-ETag') ?? '')?.[1];

/** Bytes of the whole file, by Content-Range; undefined where a cross-origin page may not see that. The final hash judges then. */
function checkRange(request: DownloadRequest, headers: Headers, start: number): number | undefined {
  const header = headers.get('Content-Range');
  if (header === null) return undefined;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header);
  if (!range || Number(range[1]) !== start) {
    throw new Interrupted('the server sent another part of the file than was asked for', { startOver: true });
  }
  return range[2] === '*' ? undefined : Number(range[2]);
}

function wholeLength(headers: Headers): number | undefined {
  const length = headers.get('Content-Length');
  return length === null || headers.has('Content-Encoding') ? undefined : Number(length);
}

function versionOf(headers: Headers, { href }: URL): Version {
  const etag = headers.get('ETag');
  const lastModified = headers.get('Last-Modified');
  return { url: href, ...(etag !== null && { etag }), ...(lastModified !== null && { lastModified }) };
}

function changed(had: Version, now: Version): boolean {
  if (had.etag !== undefined && now.etag !== undefined) return had.etag !== now.etag;
  return had.lastModified !== undefined && now.lastModified !== undefined && had.lastModified !== now.lastModified;
}

/** A weak ETag says nothing of the exact bytes, so If-Range does not allow it. */
function ifRange({ etag, lastModified }: Version): string | undefined {
  return etag === undefined || etag.startsWith('W/') ? lastModified : etag;
}

function retryAfter(headers: Headers): number {
  const header = headers.get('Retry-After') ?? '';
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : 0;
}
