/**
 * Runs any number of requests on one model: each step takes one token of every decoding sequence and as much of the
 * waiting prompts as fits, and computes them in one forward.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { GenerateResult } from '../protocol/messages.ts';
import type { BatchPart } from './batch.ts';
import { type CachePool, pagesFor, Sequence } from './kv-cache.ts';
import { STEPS_IN_FLIGHT } from './forward.ts';
import type { LoadedModel } from './load-model.ts';
import { PrefixCache } from './prefix-cache.ts';
import type { Job } from './job.ts';
import type { OutputRow } from './results.ts';

type ScheduledPart = BatchPart & { job: Job };

/** Pages that a decode run may add to each sequence before it has to begin anew. */
const SPARE_PAGES = 8;

export class Scheduler {
  /** Called when a forward finds the GPU lost: whoever listens calls {@link detach} or {@link close} at once. */
  onLost: ((error: LocalLLMError) => void) | undefined;
  readonly #model: LoadedModel;
  readonly #pool: CachePool;
  readonly #prefixes: PrefixCache;
  /** In order of arrival. */
  readonly #waiting: Job[] = [];
  readonly #running: Job[] = [];
  #loop: Promise<void> | undefined;
  #closed: LocalLLMError | undefined;

  constructor(model: LoadedModel) {
    this.#model = model;
    this.#pool = model.pool;
    this.#prefixes = new PrefixCache(model.pool);
  }

  get running(): number {
    return this.#running.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves with the answer. @throws LocalLLMError aborted, numerics, device-lost, invalid-state */
  run(job: Job): Promise<GenerateResult> {
    if (this.#closed) return Promise.reject(this.#closed);
    this.#waiting.push(job);
    job.signal.addEventListener('abort', () => this.#wake(), { once: true });
    this.#wake();
    return job.result;
  }

  /** Fails everything, running and waiting, and takes nothing more. */
  close(error: LocalLLMError): void {
    this.#closed ??= error;
    for (const job of [...this.#waiting.splice(0), ...this.#running.splice(0)]) job.fail(error);
  }

  /** Hands over what runs and waits, to be computed anew from its tokens by another scheduler; takes nothing more. */
  detach(error: LocalLLMError): Job[] {
    this.#closed ??= error;
    const jobs = [...this.#running.splice(0), ...this.#waiting.splice(0)].filter((job) => !job.finished);
    // A forward that still ends writes into the sequence that it began with.
    for (const job of jobs) job.sequence = new Sequence(job.sequence.tokens);
    return jobs;
  }

  /** Resolves when no forward is under way. */
  async idle(): Promise<void> {
    await this.#loop;
  }

  #wake(): void {
    this.#loop ??= this.#steps().finally(() => {
      this.#loop = undefined;
      if (!this.#closed && this.#waiting.length > 0) this.#wake(); // arrived while the loop was ending
    });
  }

  async #steps(): Promise<void> {
    while (!this.#closed) {
      this.#removeAborted();
      this.#admit();
      if (this.#running.length === 0) return;
      try {
        await this.#step();
      } catch (error) {
        const failure = LocalLLMError.from(error);
        if (failure.code === 'device-lost') return this.#lose(failure);
        for (const job of this.#running.splice(0)) {
          job.sequence.drop(this.#pool); // how far it got is not known
          this.#end(job, () => job.fail(failure));
        }
      }
    }
  }

  #lose(error: LocalLLMError): void {
    if (this.#closed) return;
    this.onLost?.(error);
    this.close(error); // whatever was not detached
  }

  async #step(): Promise<void> {
    const parts = this.#collect();
    if (parts.length > 0 && parts.every(({ job, count, outputs }) => count === 1 && outputs === 1 && job.drawsOnGpu)) {
      return this.#decode(parts);
    }
    const jobs = parts.filter((p) => p.outputs > 0).map((p) => p.job);
    const { batch, forward } = this.#model;
    batch.set(parts);
    const rows = await forward.run(
      batch,
      jobs.map((job) => job.outputRequest()),
    );
    for (const { sequence, first, count } of parts) sequence.cached = first + count;
    for (const [row, job] of jobs.entries()) {
      if (job.signal.aborted || this.#closed) continue;
      await job.take(rows[row]!, () => forward.readLogits(row));
      if (job.finished) this.#complete(job);
    }
  }

  /**
   * Decodes until one of the sequences ends, is aborted or runs out of room, or until a waiting one could join: several steps are under
   * way at once, each token going from draw to embedding on the GPU. What the steps under way compute beyond an end is left behind: the
   * queue keeps their writes before those of whoever gets the pages next.
   */
  async #decode(parts: readonly ScheduledPart[]): Promise<void> {
    const { batch, forward } = this.#model;
    batch.set(parts, SPARE_PAGES);
    const run = forward.decode(
      batch,
      parts.map(({ job }) => job.outputRequest()),
    );
    const pending: Promise<OutputRow[]>[] = [];
    let open = true;
    for (let taken = 1; ; taken++) {
      while (open && pending.length < STEPS_IN_FLIGHT) {
        open = this.#mayDecode(parts, pending.length);
        if (open) pending.push(run.step());
        pending.at(-1)?.catch(() => {}); // reported where it is awaited
      }
      const next = pending.shift();
      if (!next) return;
      const rows = await next;
      for (const [row, { job, sequence, first }] of parts.entries()) {
        if (job.finished || job.signal.aborted || this.#closed) continue;
        sequence.cached = first + taken;
        await job.take(rows[row]!, () => forward.readLogits(row));
        if (!job.finished && !job.signal.aborted) continue;
        const stopped = this.#model.tokenizer.eogIds.has(sequence.tokens.at(-1)!);
        // A recurrent state goes on with the steps under way, unless the GPU saw the end, too.
        if (sequence.slot !== undefined && pending.length > 0 && !stopped) sequence.drop(this.#pool);
        if (job.finished) this.#complete(job);
        open = false;
      }
      open &&= !this.#closed && !parts.some(({ job }) => job.signal.aborted) && !this.#couldAdmit();
    }
  }

  /** Whether all have room for one more step, `inFlight` after those that have been taken. */
  #mayDecode(parts: readonly ScheduledPart[], inFlight: number): boolean {
    const { batch, forward } = this.#model;
    return parts.every(({ job, sequence }, index) => {
      if (job.remaining <= inFlight || !this.#pool.reserve(sequence, sequence.cached + inFlight + 1)) return false;
      const changed = batch.addPages(index, sequence);
      changed?.forEach((word) => forward.writeWord(batch, word));
      return changed !== undefined;
    });
  }

  #complete(job: Job): void {
    this.#running.splice(this.#running.indexOf(job), 1);
    this.#end(job, () => job.succeed());
  }

  /** Leaves the keys and values to the owner's next request, then settles. */
  #end(job: Job, settle: () => void): void {
    if (this.#closed) job.sequence.drop(this.#pool);
    else this.#prefixes.keep(job.owner, job.sequence);
    settle();
  }

  #removeAborted(): void {
    const aborted = new LocalLLMError('aborted', 'The request was cancelled.');
    for (const list of [this.#waiting, this.#running]) {
      for (const job of list.filter((j) => j.signal.aborted)) {
        list.splice(list.indexOf(job), 1);
        this.#end(job, () => job.fail(aborted));
      }
    }
  }

  #hasRoomFor(job: Job): boolean {
    const needed = pagesFor(job.sequence.tokens.length + 1);
    return this.#running.length < this.#model.limits.sequences && this.#pool.free + this.#prefixes.pages >= needed;
  }

  /** Whether {@link #admit} would start a waiting job now. */
  #couldAdmit(): boolean {
    const [first, ...others] = this.#waiting;
    return first !== undefined && this.#hasRoomFor(others.reduce((a, b) => (b.priority < a.priority ? b : a), first));
  }

  /** Starts waiting jobs, the most urgent first, while there is room for their prompts. */
  #admit(): void {
    const byUrgency = [...this.#waiting].sort((a, b) => a.priority - b.priority);
    for (const job of byUrgency) {
      if (!this.#hasRoomFor(job)) return;
      if (!job.started) job.start(this.#prefixes.take(job.owner, job.sequence.tokens));
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      this.#running.push(job);
    }
  }

  /** The parts of the next batch: every decoding sequence, then prompts by urgency until the batch is full. */
  #collect(): ScheduledPart[] {
    const order = [...this.#running].sort((a, b) => a.priority - b.priority);
    const decoding = order.filter((job) => job.pending === 1);
    const prefilling = order.filter((job) => job.pending > 1);
    const parts: ScheduledPart[] = [];
    let room = this.#model.limits.tokens;
    for (const job of [...decoding, ...prefilling]) {
      if (room === 0) break;
      const { sequence } = job;
      const count = Math.min(room, job.pending);
      if (!this.#running.includes(job) || !this.#reserve(job, sequence.cached + count)) continue;
      const ends = sequence.cached + count === sequence.tokens.length;
      parts.push({ job, sequence, first: sequence.cached, count, outputs: ends ? 1 : 0 });
      room -= count;
    }
    return parts.filter((part) => this.#running.includes(part.job));
  }

  /** Room for `tokens` tokens of a job, taken from kept prefixes and then from the latest, least urgent job. */
  #reserve(job: Job, tokens: number): boolean {
    const { sequence } = job;
    while (!this.#pool.reserve(sequence, tokens)) {
      if (!this.#prefixes.evict()) {
        const victim = this.#leastUrgent();
        this.#running.splice(this.#running.indexOf(victim), 1);
        victim.sequence.drop(this.#pool); // computed again when there is room
        this.#waiting.unshift(victim);
        if (victim === job) return false;
      }
    }
    return true;
  }

  #leastUrgent(): Job {
    return this.#running.reduce((worst, job) => (job.priority >= worst.priority ? job : worst));
  }
}
