/**
 * What happens while nobody sees the app: its answer is stopped and saved, the GPU is given back, and both are there again afterwards.
 *
 * iOS takes the GPU from an app in the background, and ends one that holds much memory there; a frozen or cached page cannot compute on
 * any system. The engine is loaded again when the person comes back, and never more than twice in a row without one success: then it
 * waits for a tap.
 *
 * @module
 */
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { ErrorData } from '../../engine/protocol/errors.ts';
import type { EngineStatus } from '../../engine/protocol/messages.ts';

/** The parts of a window and its document, which a test can be too. */
export interface PageEvents {
  /** Hears pagehide and pageshow. */
  window: EventTarget;
  /** Hears visibilitychange, freeze and resume. */
  document: EventTarget & { readonly visibilityState: DocumentVisibilityState };
}

export interface LifecycleOptions extends PageEvents {
  session: { interrupt(): void };
  client: { load(id?: string): Promise<unknown>; unload(): Promise<unknown> };
  monitor: {
    readonly value: { status?: EngineStatus };
    subscribe(listener: () => void): () => void;
    /** Shows the error and loads nothing until the person asks. */
    hold(error: ErrorData): void;
  };
  /** The system takes the GPU from what is hidden, as iOS does. */
  releasesWhenHidden: boolean;
  /** Between two attempts: a GPU process that was ended takes a moment to start. */
  pauseMs?: number;
}

/** Loads in a row that may fail before the person is asked. */
const MAX_FAILURES = 2;
const PAUSE_MS = 1_000;
const HOLDING: readonly EngineStatus['state'][] = ['downloading', 'loading', 'ready', 'profiling'];

export class Lifecycle {
  readonly #options: LifecycleOptions;
  #away = false;
  /** How often the person went. */
  #leaves = 0;
  /** The model to load again. */
  #held: { id: string | undefined } | undefined;
  #failures = 0;
  #restoring = false;
  /** The engine has memory of the GPU, or is about to. */
  #holding = false;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** Follows the page until the returned function is called. */
  start(): () => void {
    const { window, document, monitor, releasesWhenHidden } = this.#options;
    const stop = new AbortController();
    const { signal } = stop;
    const unsubscribe = monitor.subscribe(() => this.#follow());
    this.#follow();
    const seen = (): boolean => document.visibilityState !== 'hidden';
    const onVisibility = (): void => {
      if (seen()) this.#return();
      else if (releasesWhenHidden) this.#leave();
    };
    const onPageHide = (event: Event): void => {
      // A page that is not kept for a way back takes its engine with it.
      if ((event as PageTransitionEvent).persisted || releasesWhenHidden) this.#leave();
      else this.#options.session.interrupt();
    };
    document.addEventListener('visibilitychange', onVisibility, { signal });
    document.addEventListener('freeze', () => this.#leave(), { signal });
    document.addEventListener('resume', () => (seen() || !releasesWhenHidden) && this.#return(), { signal });
    window.addEventListener('pagehide', onPageHide, { signal });
    window.addEventListener('pageshow', () => (seen() || !releasesWhenHidden) && this.#return(), { signal });
    return () => {
      stop.abort();
      unsubscribe();
    };
  }

  #follow(): void {
    const { state = 'idle' } = this.#options.monitor.value.status ?? {};
    if (state === 'ready') this.#failures = 0;
    const held = this.#holding;
    this.#holding = HOLDING.includes(state);
    // What was asked for just before the person went begins only now.
    if (this.#away && this.#holding && !held) this.#release();
  }

  /** All that has to be done is asked for at once: the page may be stopped right after the event. */
  #leave(): void {
    this.#options.session.interrupt();
    if (this.#away) return;
    this.#away = true;
    this.#leaves++;
    if (this.#restoring || this.#holding) this.#release();
  }

  #release(): void {
    const { client, monitor } = this.#options;
    this.#held ??= { id: monitor.value.status?.model?.id };
    client.unload().catch(() => {}); // an engine that is gone holds nothing
  }

  #return(): void {
    if (!this.#away) return;
    this.#away = false;
    if (this.#held && !this.#restoring) void this.#restore();
  }

  async #restore(): Promise<void> {
    const { client, pauseMs = PAUSE_MS } = this.#options;
    this.#restoring = true;
    while (this.#held && !this.#away) {
      const leaves = this.#leaves;
      try {
        await client.load(this.#held.id);
        if (leaves === this.#leaves) this.#held = undefined;
      } catch (thrown) {
        // Gone meanwhile: that stopped it, and it was no failure.
        if (leaves !== this.#leaves) continue;
        const error = LocalLLMError.from(thrown);
        if (error.code === 'aborted') this.#held = undefined;
        else if (++this.#failures >= MAX_FAILURES) this.#giveUp(error);
        else await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
    this.#restoring = false;
  }

  #giveUp(error: LocalLLMError): void {
    this.#held = undefined;
    const message = `The engine could not be started again after the app was in the background: ${error.message}`;
    this.#options.monitor.hold({ ...error.toData(), code: 'device-lost', message });
  }
}
