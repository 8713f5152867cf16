/**
 * A BroadcastChannel that carries files within one process, as a browser's does between pages; Node's own carries none.
 *
 * @module
 */
import type { FileChannel, FileMessage } from '../engine/protocol/files.ts';

const open = new Set<FakeBroadcastChannel>();

export class FakeBroadcastChannel implements FileChannel {
  readonly #name: string;
  readonly #listeners = new Set<(event: MessageEvent<FileMessage>) => void>();

  constructor(name: string) {
    this.#name = name;
    open.add(this);
  }

  /** As a browser does: everyone of this name but oneself, in a later task. */
  postMessage(data: FileMessage): void {
    for (const other of open) {
      if (other === this || other.#name !== this.#name) continue;
      setImmediate(() => {
        if (!open.has(other)) return;
        for (const listener of other.#listeners) listener({ data } as MessageEvent<FileMessage>);
      });
    }
  }

  addEventListener(_: 'message', listener: (event: MessageEvent<FileMessage>) => void): void {
    this.#listeners.add(listener);
  }

  close(): void {
    open.delete(this);
  }
}
