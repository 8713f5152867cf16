/**
 * The one error type of the engine and the codes it carries across every boundary.
 *
 * @module
 */

/** What went wrong, stable enough to branch on. */
export type ErrorCode =
  | 'bad-argument' // a caller's mistake: the message names the argument
  | 'not-allowed' // no grant, denied, or no user activation to ask with
  | 'not-supported' // this browser, this file, this option
  | 'no-webgpu' // the browser has no WebGPU at all
  | 'no-adapter' // WebGPU is there, a GPU is not
  | 'out-of-memory' // model or cache too large for this device
  | 'device-lost' // the GPU went away and did not come back
  | 'shader' // a kernel failed to compile
  | 'numerics' // the weights gave NaN or infinity
  | 'bad-file' // the GGUF file is damaged or lies
  | 'hash-mismatch' // the bytes are not those that were pinned
  | 'storage' // OPFS failed
  | 'storage-full' // the disk or the quota is full
  | 'network' // a download failed
  | 'quota' // context or the origin's budget is exceeded
  | 'template' // the chat template failed
  | 'aborted' // the caller cancelled
  | 'disconnected' // the other side of the port went away
  | 'invalid-state' // used after destroy
  | 'internal'; // a defect of ours

/** Figures that belong to some codes: `quota` carries both, in tokens or bytes as the message says. */
export interface ErrorDetails {
  requested?: number;
  quota?: number;
}

/** A `LocalLLMError` as it crosses a port. */
export interface ErrorData extends ErrorDetails {
  code: ErrorCode;
  message: string;
}

/** Characters of a quotation. */
const MAX_QUOTED_CHARS = 80;
/** What JSON leaves as it is and nobody should see raw: control characters, marks that turn the direction of writing. */
const UNSEEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f]+/g;
/** Characters of a sentence that a file brings. */
const MAX_SENTENCE_CHARS = 300;

/** What a file has to say, fit for a message: on one line, nothing unseen in it, not long. */
export function legible(sentence: string): string {
  const cut = sentence.length > MAX_SENTENCE_CHARS ? `${sentence.slice(0, MAX_SENTENCE_CHARS)}…` : sentence;
  return cut.replace(UNSEEN, ' ').replace(CONTROL, ' ').toWellFormed();
}

/** Text out of a file, fit for a message: in quotation marks, escaped, not long. */
export function quoted(text: string): string {
  const shown = text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text;
  const escape = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(shown).replace(UNSEEN, escape);
}

/** Every error that the engine throws. The message says what was wrong, with the value, and what to do. */
export class LocalLLMError extends Error {
  override readonly name = 'LocalLLMError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  /** Any thrown value as a `LocalLLMError`; what is not one yet becomes `code`. */
  static from(error: unknown, code: ErrorCode = 'internal'): LocalLLMError {
    if (error instanceof LocalLLMError) return error;
    if (error instanceof Error && error.name === 'AbortError') {
      return new LocalLLMError('aborted', 'The request was cancelled.', { cause: error });
    }
    return new LocalLLMError(code, error instanceof Error ? error.message : String(error), { cause: error });
  }

  toData(): ErrorData {
    return { code: this.code, message: this.message, ...this.details };
  }

  static fromData(data: ErrorData): LocalLLMError {
    const details: ErrorDetails = {};
    if (data.requested !== undefined) details.requested = data.requested;
    if (data.quota !== undefined) details.quota = data.quota;
    return new LocalLLMError(data.code, data.message, { details });
  }
}
