/**
 * Notices that the engine's worker hangs: it lives, but nobody hears of the requests that it has.
 *
 * @module
 */
import type { DownEnvelope, UpEnvelope } from '../protocol/messages.ts';
import { SilenceWatch, WORKER_BEATS } from '../protocol/silence.ts';

export class WorkerWatch {
  readonly #silence: SilenceWatch<string>;
  /** Ids of the requests under way, by channel. */
  readonly #open = new Map<string, Set<number>>();

  /** @param onHung called once; the worker should be ended */
  constructor(onHung: () => void) {
    this.#silence = new SilenceWatch(WORKER_BEATS, onHung);
  }

  /** A message to the worker. */
  down(envelope: DownEnvelope): void {
    if (envelope.e === 'close') return this.#close(envelope.channel);
    if (envelope.e !== 'frame' || envelope.frame.t !== 'request') return;
    const { channel, frame } = envelope;
    const open = this.#open.get(channel) ?? new Set();
    this.#open.set(channel, open.add(frame.id));
    this.#silence.open(`${channel} ${frame.id}`);
  }

  /** A message from the worker. */
  up(envelope: UpEnvelope): void {
    this.#silence.heardAll();
    if (envelope.e !== 'frame' || (envelope.frame.t !== 'done' && envelope.frame.t !== 'error')) return;
    const { channel, frame } = envelope;
    this.#open.get(channel)?.delete(frame.id);
    this.#silence.close(`${channel} ${frame.id}`);
  }

  end(): void {
    this.#open.clear();
    this.#silence.closeAll();
  }

  #close(channel: string): void {
    for (const id of this.#open.get(channel) ?? []) this.#silence.close(`${channel} ${id}`);
    this.#open.delete(channel);
  }
}
