/**
 * Runs any number of requests on one model: each step takes one token of every decoding sequence whose turn it is and as much of the
 * prompts as fits, and computes them in one forward.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { GenerateResult } from '../protocol/messages.ts';
import type { BatchPart } from './batch.ts';
import { STEPS_IN_FLIGHT } from './forward.ts';
import type { Job } from './job.ts';
import { type CachePool, Sequence } from './kv-cache.ts';
import type { LoadedModel } from './load-model.ts';
import type { OutputRow } from './results.ts';
import { Roster } from './roster.ts';
import { Shares } from './shares.ts';

type ScheduledPart = BatchPart & { job: Job };

/** Pages that a decode run may add to each sequence before it has to begin anew. */
const SPARE_PAGES = 8;
/** A decode run looks this often whether a waiting request may now take a running one's place. */
const REVIEW_STEPS = 8;
/** How long all wait for what a grammar allows next; a slower one's answer misses the step. */
const GRAMMAR_PATIENCE_MS = 4;

export class Scheduler {
  /** Called when a forward finds the GPU lost: whoever listens calls {@link detach} or {@link close} at once. */
  onLost: ((error: LocalLLMError) => void) | undefined;
  readonly #model: LoadedModel;
  readonly #pool: CachePool;
  readonly #roster: Roster;
  /** Whether a request arrived that no decode run has looked at. */
  #arrived = false;
  #loop: Promise<void> | undefined;
  /** Nothing begins until {@link renew} has done its work. */
  #paused = false;
  #closed: LocalLLMError | undefined;

  constructor(model: LoadedModel) {
    this.#model = model;
    this.#pool = model.pool;
    this.#roster = new Roster(model.pool, model.limits, new Shares(model.promptTokenCost));
  }

  get running(): number {
    return this.#roster.running.length;
  }

  get waiting(): number {
    return this.#roster.waiting.length;
  }

  /** Resolves with the answer. @throws LocalLLMError aborted, numerics, device-lost, invalid-state */
  run(job: Job): Promise<GenerateResult> {
    if (this.#closed) {
      job.fail(this.#closed);
      return job.result;
    }
    this.#roster.add(job);
    this.#arrived = true;
    job.signal.addEventListener('abort', () => this.#aborted(job), { once: true });
    this.#wake();
    return job.result;
  }

  /** Fails everything, running and waiting, and takes nothing more. */
  close(error: LocalLLMError): void {
    this.#closed ??= error;
    for (const job of this.#roster.dissolve()) job.fail(error);
  }

  /** Hands over what runs and waits, to be computed anew from its tokens by another scheduler; takes nothing more. */
  detach(error: LocalLLMError): Job[] {
    this.#closed ??= error;
    const jobs = this.#roster.dissolve().filter((job) => !job.finished);
    // A forward that still ends writes into the sequence that it began with.
    for (const job of jobs) job.sequence = new Sequence(job.sequence.tokens, job.owner);
    return jobs;
  }

  /**
   * Calls `change` between two steps, after which no key or value of before is of use: what runs is computed anew from its tokens.
   * @throws LocalLLMError device-lost, aborted: closed before
   */
  async renew(change: () => void): Promise<void> {
    this.#paused = true;
    await this.#loop;
    this.#paused = false;
    if (this.#closed) throw this.#closed;
    this.#removeAborted();
    this.#roster.restart();
    change();
    this.#wake();
  }

  /**
   * Does work that forwards may not mix with, between two steps; what runs goes on after it.
   * @throws LocalLLMError device-lost, aborted: closed before
   */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#paused = true;
    try {
      await this.#loop;
      if (this.#closed) throw this.#closed;
      return await work();
    } finally {
      this.#paused = false;
      this.#wake();
    }
  }

  /** Resolves when no forward is under way. */
  async idle(): Promise<void> {
    await this.#loop;
  }

  #wake(): void {
    if (this.#paused) return;
    this.#loop ??= this.#steps().finally(() => {
      this.#loop = undefined;
      if (!this.#closed && this.waiting > 0) this.#wake(); // arrived while the loop was ending
    });
  }

  async #steps(): Promise<void> {
    while (!this.#closed && !this.#paused) {
      this.#removeAborted();
      this.#roster.admit();
      if (this.running === 0) return;
      try {
        await this.#step();
      } catch (error) {
        const failure = LocalLLMError.from(error);
        if (failure.code === 'device-lost') return this.#lose(failure);
        for (const job of this.#roster.running.slice()) {
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
    await this.#followGrammars();
    const parts = this.#collect();
    if (parts.length === 0) return; // all were put back for others, or wait for what their grammars allow
    const alone = this.#roster.running.every(({ ready }) => ready);
    if (alone && parts.every(({ job, count, outputs }) => count === 1 && outputs === 1 && job.drawsOnGpu)) {
      return this.#decode(parts);
    }
    const jobs = parts.filter((p) => p.outputs > 0).map((p) => p.job);
    const { batch, forward } = this.#model;
    batch.set(parts);
    const rows = await forward.run(
      batch,
      jobs.map((job) => job.outputRequest()),
    );
    for (const { job, sequence, first, count } of parts) {
      sequence.cached = first + count;
      if (this.#closed) continue;
      this.#roster.shares.charge(job, count);
      if (job.promptOnly && job.finished && !job.signal.aborted) this.#end(job, () => job.succeed());
    }
    for (const [row, job] of jobs.entries()) {
      if (job.signal.aborted || this.#closed) continue;
      await job.take(rows[row]!, () => forward.readLogits(row));
      if (job.finished) this.#end(job, () => job.succeed());
    }
  }

  /** Waits a little for what grammars allow next, so that their answers join the others'; ends those whose grammars have ended. */
  async #followGrammars(): Promise<void> {
    const { running } = this.#roster;
    const awaited = running.flatMap(({ becomesReady }) => becomesReady ?? []);
    if (awaited.length > 0) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, GRAMMAR_PATIENCE_MS)));
      await Promise.race([Promise.all(awaited), late]);
      clearTimeout(timer);
    }
    for (const job of running.slice()) {
      const { failure } = job;
      if (failure) this.#end(job, () => job.fail(failure));
      else if (job.finished && job.ready) this.#end(job, () => job.succeed());
    }
  }

  /**
   * Decodes until one of the sequences ends, is aborted or runs out of room, until it is others' turn, or until a waiting one could join:
   * several steps are under way at once, each token going from draw to embedding on the GPU. What the steps under way compute beyond an end
   * is left behind: the queue keeps their writes before those of whoever gets the pages next.
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
        this.#roster.shares.charge(job, 1);
        await job.take(rows[row]!, () => forward.readLogits(row));
        if (!job.finished && !job.signal.aborted) continue;
        const stopped = this.#model.tokenizer.eogIds.has(sequence.tokens.at(-1)!);
        // A recurrent state goes on with the steps under way, unless the GPU saw the end, too.
        if (sequence.slot !== undefined && pending.length > 0 && !stopped) sequence.drop(this.#pool);
        if (job.finished) this.#end(job, () => job.succeed());
        open = false;
      }
      open &&= !this.#closed && !this.#paused && this.#goesOn(parts, taken);
    }
  }

  /** Whether the next step is that of the same sequences. */
  #goesOn(parts: readonly ScheduledPart[], taken: number): boolean {
    const { running, shares } = this.#roster;
    if (running.some(({ signal }) => signal.aborted)) return false;
    const turn = shares.turn(running);
    if (turn.length !== parts.length || !parts.every(({ job }) => turn.includes(job))) return false;
    if (!this.#arrived && taken % REVIEW_STEPS > 0) return true;
    this.#arrived = false;
    return !this.#roster.couldAdmit();
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

  /** Leaves the keys and values to the owner's next request, then settles. */
  #end(job: Job, settle: () => void): void {
    if (!this.#closed) this.#roster.end(job);
    settle();
  }

  /** A job that waits ends at once, one that runs after the step that is under way. */
  #aborted(job: Job): void {
    if (this.#roster.waiting.includes(job)) this.#cancel(job);
  }

  #cancel(job: Job): void {
    this.#end(job, () => job.fail(new LocalLLMError('aborted', 'The request was cancelled.')));
  }

  #removeAborted(): void {
    for (const job of this.#roster.running.slice()) if (job.signal.aborted) this.#cancel(job);
  }

  /** The parts of the next batch: every decoding sequence whose turn it is, then prompts by urgency until the batch is full. */
  #collect(): ScheduledPart[] {
    const { running, shares } = this.#roster;
    const order = shares.turn(running.filter(({ ready }) => ready)).sort((a, b) => shares.compare(a, b));
    const decoding = order.filter((job) => job.pending === 1);
    const prefilling = order.filter((job) => job.pending > 1);
    const parts: ScheduledPart[] = [];
    let room = this.#model.limits.tokens;
    for (const job of [...decoding, ...prefilling]) {
      if (room === 0) break;
      if (!running.includes(job)) continue;
      const { sequence } = job;
      const count = Math.min(room, job.pending);
      if (!this.#roster.reserve(job, sequence.cached + count)) continue;
      const ends = sequence.cached + count === sequence.tokens.length;
      parts.push({ job, sequence, first: sequence.cached, count, outputs: ends && !job.promptOnly ? 1 : 0 });
      room -= count;
    }
    return parts.filter((part) => running.includes(part.job));
  }
}
