/**
 * The two ends of an exchange of files.
 *
 * @module
 */
import { LocalLLMError } from './errors.ts';
import type { FileChannel, FileMessage } from './files.ts';

/** How long the other side may be silent. It only hands over references: gigabytes take no longer. */
const SILENCE_MS = 30_000;

function awaitMessage<T extends FileMessage['t']>(
  channel: FileChannel,
  ticket: string,
  kind: T,
  signal: AbortSignal,
): Promise<Extract<FileMessage, { t: T }>> {
  return new Promise((resolve, reject) => {
    const end = (error: LocalLLMError): void => {
      clearTimeout(timer);
      reject(error);
    };
    const silent = new LocalLLMError('disconnected', 'The other side of the exchange of files went away. Try again.');
    const timer = setTimeout(() => end(silent), SILENCE_MS);
    const stopped = new LocalLLMError('aborted', 'The exchange of files was cancelled.');
    if (signal.aborted) return end(stopped);
    signal.addEventListener('abort', () => end(stopped), { once: true });
    channel.addEventListener('message', ({ data }) => {
      if (data.ticket !== ticket || data.t !== kind) return;
      clearTimeout(timer);
      resolve(data as Extract<FileMessage, { t: T }>);
    });
  });
}

/** Takes the files of a ticket, and closes the channel. @throws LocalLLMError disconnected, aborted */
export async function receiveFiles(
  channel: FileChannel,
  ticket: string,
  signal: AbortSignal,
): Promise<readonly File[]> {
  try {
    const message = awaitMessage(channel, ticket, 'files', signal);
    message.catch(() => {}); // reported where it is awaited
    channel.postMessage({ t: 'ready', ticket });
    const { files } = await message;
    channel.postMessage({ t: 'taken', ticket });
    return files;
  } finally {
    channel.close();
  }
}

/** Hands files to whoever has the ticket, and closes the channel. @throws LocalLLMError disconnected, aborted */
export async function sendFiles(
  channel: FileChannel,
  ticket: string,
  files: readonly File[],
  signal: AbortSignal,
): Promise<void> {
  try {
    // Whoever was there first says so again: either side may come later than the other.
    const taken = awaitMessage(channel, ticket, 'taken', signal);
    taken.catch(() => {}); // reported where it is awaited
    channel.addEventListener('message', ({ data }) => {
      if (data.ticket === ticket && data.t === 'ready') channel.postMessage({ t: 'files', ticket, files });
    });
    channel.postMessage({ t: 'files', ticket, files });
    await taken;
  } finally {
    channel.close();
  }
}
