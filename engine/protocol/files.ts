/**
 * Files between our own pages and the worker that stores models. A port between them carries JSON only (in the extension the background
 * lies between); a BroadcastChannel of the same origin carries File objects, by reference. Pages of other origins cannot hear it.
 *
 * One exchange has a ticket, which the page makes and sends with `models.import` or `models.export`. Whoever is to receive says `ready`;
 * the other side answers with `files`; the receiver says `taken`.
 *
 * @module
 */

export const FILE_EXCHANGE = 'localllm-files';

export type FileMessage =
  | { t: 'ready'; ticket: string }
  | { t: 'files'; ticket: string; files: readonly File[] }
  | { t: 'taken'; ticket: string };

/** What an exchange needs of a BroadcastChannel. */
export interface FileChannel {
  postMessage(message: FileMessage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<FileMessage>) => void): void;
  close(): void;
}
