/**
 * What a person is told about a failure, and the one button that helps.
 *
 * @module
 */
import type { ErrorCode, ErrorData } from '../../../engine/protocol/errors.ts';

export type RemedyKind = 'restart' | 'fetch-again' | 'reload' | 'new-chat' | 'retry' | 'models';

export interface Advice {
  title: string;
  text: string;
  remedy?: { kind: RemedyKind; label: string };
  /** Nothing can be answered here until the person changes something outside. */
  blocking?: boolean;
  /** Say which browsers and settings have WebGPU. */
  showBrowsers?: boolean;
}

const RETRY = { kind: 'retry', label: 'Try again' } as const;
const RESTART = { kind: 'restart', label: 'Restart the engine' } as const;

const ADVICE: Partial<Record<ErrorCode, Advice>> = {
  'no-webgpu': {
    title: 'This browser has no WebGPU',
    text: 'localLLM computes every answer on this device, through WebGPU. Here it is missing or switched off.',
    blocking: true,
    showBrowsers: true,
  },
  'no-adapter': {
    title: 'No usable graphics processor',
    text: 'WebGPU is here, but the browser offers no GPU. Switch on “Use graphics acceleration” in the browser’s settings, update the graphics driver, then restart the browser.',
    remedy: { kind: 'restart', label: 'Check again' },
    blocking: true,
  },
  'not-supported': {
    title: 'Not supported here',
    text: 'This model or option needs something that this browser or this version lacks. Choose another model, or update the browser.',
    remedy: { kind: 'models', label: 'Open Models' },
  },
  'out-of-memory': {
    title: 'Not enough GPU memory',
    text: 'The model does not fit into the memory that the browser may use. Close other tabs and programs that use the GPU, or choose a smaller model.',
    remedy: RESTART,
  },
  'device-lost': {
    title: 'The GPU was taken away',
    text: 'That happens when the device sleeps, the driver restarts or the app was in the background. Your chat is kept.',
    remedy: RESTART,
  },
  'bad-file': {
    title: 'The model file is damaged',
    text: 'It cannot be used as it is. Delete it and fetch it again; your chats stay.',
    remedy: { kind: 'fetch-again', label: 'Delete and fetch again' },
  },
  'hash-mismatch': {
    title: 'The model file was changed on the way',
    text: 'Its checksum is not the one that was pinned, so it was not used. Delete what is left of it and fetch it again.',
    remedy: { kind: 'fetch-again', label: 'Delete and fetch again' },
  },
  'storage-full': {
    title: 'The storage is full',
    text: 'There is no room for the model file. Delete files on this device or models that you no longer use, then try again.',
    remedy: { kind: 'models', label: 'Open Models' },
  },
  storage: {
    title: 'The browser refuses to store files',
    text: 'Private windows and strict privacy settings can forbid it. Use a normal window, or allow site data for this page.',
    remedy: RESTART,
  },
  network: {
    title: 'The download failed',
    text: 'Check the connection and try again: the part that has arrived is kept.',
    remedy: { kind: 'restart', label: 'Try again' },
  },
  disconnected: {
    title: 'The engine went away',
    text: 'It was reloaded or updated, or the browser closed it to save memory. Reload to connect again; your chat is kept.',
    remedy: { kind: 'reload', label: 'Reload' },
  },
  quota: {
    title: 'This conversation is too long',
    text: 'It no longer fits into what the model can hold at once. Start a new chat, or ask a shorter question.',
    remedy: { kind: 'new-chat', label: 'New chat' },
  },
};

const OTHERWISE: Advice = {
  title: 'That did not work',
  text: 'Something failed inside localLLM. Restarting the engine usually helps.',
  remedy: RESTART,
};

/** For a failure of the engine as a whole. */
export function adviceFor(error: ErrorData): Advice {
  return ADVICE[error.code] ?? OTHERWISE;
}

/** For an answer that failed: what a restart mends is mended by asking again, which loads what is missing. */
export function adviceForAnswer(error: ErrorData): Advice {
  const advice = adviceFor(error);
  const kind = advice.remedy?.kind;
  if (kind === 'restart' && error.code !== 'device-lost') return { ...advice, remedy: RETRY };
  if (kind === 'reload')
    return { ...advice, text: 'The connection broke before the answer was complete.', remedy: RETRY };
  return advice;
}
