// Everything dies at any time, a thousand times over: each request ends exactly once, the next one is answered, and nothing stays behind.
import { expect, test } from 'vitest';
import { Random } from '../fuzz/random.ts';
import { Extension } from './browser.ts';
import { settle, Universe } from './realm.ts';

const SEED = Number(process.env['CHAOS_SEED'] ?? 1);
const RUNS = Number(process.env['CHAOS_RUNS'] ?? 1000);
const STEPS = 40;
/** Longer than anything takes to be noticed. */
const PATIENCE_MS = 120_000;

interface Asked {
  stop: AbortController;
  outcome?: 'answered' | 'disconnected' | 'aborted';
}

class Run {
  readonly universe: Universe;
  readonly extension: Extension;
  readonly random: Random;
  pages: (ReturnType<Extension['openPage']> & { asked: Asked[] })[] = [];

  constructor(number: number) {
    this.random = new Random(SEED, number);
    this.universe = new Universe(this.random);
    this.extension = Extension.install(this.universe);
    for (const [name, own] of [
      ['site one', false],
      ['site two', false],
      ['own popup', true],
    ] as const) {
      this.pages.push({ ...this.extension.openPage(name, own), asked: [] });
    }
  }

  ask(page: Run['pages'][number]): Asked {
    const asked: Asked = { stop: new AbortController() };
    page.asked.push(asked);
    page.document.run(() => {
      void page.client.answer('hi', { signal: asked.stop.signal }).then(
        () => this.#ended(asked, 'answered'),
        (error: { code: 'disconnected' | 'aborted' }) => this.#ended(asked, error.code),
      );
    });
    return asked;
  }

  async step(): Promise<void> {
    const { random, extension, universe } = this;
    const page = random.pick(this.pages);
    const what = random.below(40);
    if (what < 8) this.ask(page);
    else if (what < 10) page.document.run(() => page.asked.at(-1)?.stop.abort());
    else if (what === 10) page.document.dispatch('pagehide', {});
    else if (what === 11 && this.pages.length > 1 && random.chance(0.3)) this.#closeTab(page);
    else if (what === 12) extension.killBackground();
    else if (what === 13) extension.closeDocument();
    else if (what === 14) extension.crashWorker();
    else if (what === 15 && extension.worker) extension.worker.realm.hung = true;
    else if (what === 16) page.document.run(() => page.client.close());
    else if (what < 20) this.#work(random.below(3));
    else if (what === 20) extension.questions.shift()?.();
    else if (what < 24) await universe.advance(random.below(6000));
    else for (let i = random.below(6); i > 0; i--) await universe.deliver();
    await settle();
  }

  /** Nothing is killed any more, the engine answers, the person allows, and time passes. */
  async calm(until: () => boolean): Promise<void> {
    for (let ms = 0; ms < PATIENCE_MS && !until(); ms += 2_500) {
      do {
        for (const allow of this.extension.questions.splice(0)) allow();
        this.#work(0);
        await settle();
      } while (await this.universe.deliver());
      if (!until()) await this.universe.advance(2_500);
    }
  }

  /** All messages arrive, and what takes a moment is done; the engine answers nothing. */
  async quiet(): Promise<void> {
    while (await this.universe.deliver());
    await this.universe.advance(1_000);
    while (await this.universe.deliver());
  }

  #work(kind: number): void {
    const { extension, random } = this;
    if (extension.worker?.realm.hung) return;
    const work = extension.work;
    const one = kind === 0 ? undefined : random.pick(work);
    extension.worker?.realm.run(() => {
      if (kind === 0) for (const { finish } of work) finish();
      else if (kind === 1) one?.request.onDelta('text');
      else one?.finish();
    });
  }

  #closeTab(page: Run['pages'][number]): void {
    this.pages.splice(this.pages.indexOf(page), 1);
    this.universe.kill(page.document);
  }

  #ended(asked: Asked, outcome: Asked['outcome']): void {
    if (asked.outcome) this.extension.faults.push(`a request ended as ${asked.outcome} and as ${outcome}`);
    asked.outcome = outcome!;
  }
}

test(`${RUNS} runs of seed ${SEED}`, async () => {
  const outcomes = new Set<string>();
  for (let number = 0; number < RUNS; number++) {
    const run = new Run(number);
    const { extension, universe } = run;
    for (let i = 0; i < STEPS; i++) await run.step();

    const open = () => run.pages.flatMap(({ asked }) => asked).filter(({ outcome }) => !outcome);
    await run.calm(() => open().length === 0);
    expect(open(), `run ${number}: requests without an end`).toEqual([]);
    for (const { asked } of run.pages) for (const { outcome } of asked) outcomes.add(outcome!);

    await run.quiet();
    const working = extension.worker?.realm.hung ? 0 : extension.work.length;
    expect(working, `run ${number}: work for requests that have ended`).toBe(0);

    // What a first request finds out: that its connection is closing; that the worker hangs.
    let unanswered = run.pages;
    for (let attempt = 0; attempt < 3; attempt++) {
      const asked = unanswered.map((page) => run.ask(page));
      await run.calm(() => open().length === 0);
      unanswered = unanswered.filter((_, i) => asked[i]!.outcome !== 'answered');
    }
    expect(
      unanswered.map(({ document }) => document.name),
      `run ${number}: without an answer`,
    ).toEqual([]);
    expect(extension.faults, `run ${number}`).toEqual([]);

    for (const { document } of run.pages) universe.kill(document);
    await run.calm(() => false);
    expect(extension.work.length, `run ${number}: work for nobody`).toBe(0);
    expect([...(extension.worker?.open ?? [])], `run ${number}: channels of nobody`).toEqual([]);
    expect(universe.timers, `run ${number}: timers`).toBe(0);
  }
  expect(outcomes).toEqual(new Set(['answered', 'disconnected', 'aborted']));
});
