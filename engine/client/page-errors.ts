/**
 * Errors as pages know them: DOMExceptions with the names of the Prompt API, TypeErrors for bad arguments.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { ErrorCode, ErrorDetails } from '../protocol/errors.ts';

// Captured: in a page these globals may be replaced later.
const { DOMException, TypeError } = globalThis;
type QuotaExceededErrorClass = new (message: string, options: ErrorDetails) => DOMException;
const { QuotaExceededError } = globalThis as { QuotaExceededError?: QuotaExceededErrorClass };
const { defineProperty } = Object;

const NAMES: Record<Exclude<ErrorCode, 'bad-argument' | 'quota'>, string> = {
  'not-allowed': 'NotAllowedError',
  'not-supported': 'NotSupportedError',
  'no-webgpu': 'NotSupportedError',
  'no-adapter': 'NotSupportedError',
  'out-of-memory': 'OperationError',
  'device-lost': 'OperationError',
  shader: 'OperationError',
  numerics: 'OperationError',
  'bad-file': 'OperationError',
  'hash-mismatch': 'OperationError',
  storage: 'OperationError',
  'storage-full': 'OperationError',
  template: 'OperationError',
  internal: 'OperationError',
  network: 'NetworkError',
  disconnected: 'NetworkError',
  aborted: 'AbortError',
  'invalid-state': 'InvalidStateError',
};

/** The page's form of any error; an abort becomes the signal's own reason, as everywhere on the web. */
export function toPageError(error: unknown, signal?: AbortSignal): unknown {
  const { code, message, details } = LocalLLMError.from(error);
  if (code === 'bad-argument') return new TypeError(message);
  if (code === 'quota') return quotaError(message, details);
  if (code === 'aborted' && signal?.aborted) return signal.reason;
  return new DOMException(message, NAMES[code] ?? 'OperationError');
}

/** An error that only the page's side knows. */
export function domError(name: 'SyntaxError' | 'AbortError', message: string): DOMException {
  return new DOMException(message, name);
}

function quotaError(message: string, details: ErrorDetails): DOMException {
  const { requested, quota } = details;
  // The class refuses figures that contradict each other; they are ours, but a page must get its error either way.
  const consistent = requested === undefined || quota === undefined || requested >= quota;
  if (QuotaExceededError && consistent) return new QuotaExceededError(message, details);
  const error = new DOMException(message, 'QuotaExceededError');
  defineProperty(error, 'requested', { value: requested ?? null, enumerable: true });
  return defineProperty(error, 'quota', { value: quota ?? null, enumerable: true });
}
