/**
 * Attaches what the person asks about to the draft: reads it, cuts it to what the model has room for, says what did not work.
 *
 * @module
 */
import type { ChatSession } from '../chat/session.ts';
import type { EngineMonitor } from '../engine/monitor.ts';
import type { Attachment } from '../history/records.ts';
import { Observable } from '../observable.ts';
import type { PageAsk, PagePart, PageReading, PageSource } from './page-source.ts';

export interface PageDeskState {
  /** 'fitting': the text is there, the model is asked how much of it fits. */
  busy?: 'reading' | 'fitting';
  /** What came of the last reading. */
  note?: string;
  refused?: Extract<PageReading, { message: string }>;
}

interface PageDeskOptions {
  session: Pick<ChatSession, 'attach' | 'measure' | 'newChat' | 'restore'>;
  monitor: Pick<EngineMonitor, 'value' | 'subscribe'>;
  pages: PageSource;
}

/** Of the context, for the question and its answer. */
const ANSWER_TOKENS = 1024;
/** With less room the composer says that it is too long. */
const LEAST_TOKENS = 64;
/** A busy engine measures late; then the text stays as it is. */
const MEASURE_MS = 10_000;
/** A model that is on the disk is there by then. */
const LOAD_MS = 60_000;
/** The embedded model is unpacked by then; others come over the network, and nobody waits for that, or for one that nobody loads. */
const BEGIN_MS = 10_000;
const UNREAD = 'The page could not be read. Close this panel, open it again, and try once more.';
const CUT = '\n\n[The page goes on.]';

export class PageDesk extends Observable<PageDeskState> {
  readonly #options: PageDeskOptions;
  #done: Promise<void> = Promise.resolve();

  constructor(options: PageDeskOptions) {
    super({});
    this.#options = options;
  }

  /** A panel that opens because the person asked about something begins a chat of it; else the latest chat goes on. */
  async open(): Promise<void> {
    const { session, pages } = this.#options;
    const asks = await pages.take().catch(() => []);
    if (asks.length > 0) session.newChat();
    else await session.restore();
    await this.#run(asks);
  }

  /** Attaches what the person asks about elsewhere, until the returned function is called. */
  follow(): () => void {
    const { pages } = this.#options;
    return pages.watch(() => {
      void pages.take().then(
        (asks) => this.#run(asks),
        () => {}, // the extension was reloaded: this page is about to go
      );
    });
  }

  attach(part: PagePart): Promise<void> {
    return this.#run([() => this.#options.pages.read(part)]);
  }

  /** Asks the browser for the site that was refused, then attaches. In a click only. */
  allow(): Promise<void> {
    const { allow } = this.value.refused ?? {};
    return allow ? this.#run([() => allow.read()]) : Promise.resolve();
  }

  dismiss(): void {
    const { busy } = this.value;
    this.set(busy ? { busy } : {});
  }

  /** What was attached went with a question, or was taken away: what came of it is told no more. */
  forget(): void {
    const { note: _, ...rest } = this.value;
    this.set(rest);
  }

  /** One after another, the first at once where nothing is being read: what asks the browser has to be in the turn of its click. */
  #run(asks: readonly PageAsk[]): Promise<void> {
    if (asks.length === 0) return this.#done;
    const run = async (): Promise<void> => {
      for (const ask of asks) await this.#attach(ask);
    };
    const done = this.value.busy ? this.#done.then(run) : run();
    return (this.#done = done);
  }

  async #attach(ask: PageAsk): Promise<void> {
    this.set({ busy: 'reading' });
    const reading = await ask().catch((): PageReading => ({ message: UNREAD }));
    if ('message' in reading) return this.set({ refused: reading });
    const { attachment, cut } = reading;
    this.set({ busy: 'fitting' });
    const fitted = await this.#fit(attachment).catch(() => attachment);
    const short = cut || fitted.text.length < attachment.text.length;
    this.#options.session.attach(short ? { ...fitted, text: fitted.text + CUT } : fitted);
    const part = fitted.text.length.toLocaleString('en');
    const note = short ? `Only the first ${part} characters are attached.` : 'Attached.';
    this.set({ note });
  }

  /** As much of its beginning as the model has room for beside the chat and an answer. */
  async #fit(attachment: Attachment): Promise<Attachment> {
    const { session, monitor } = this.#options;
    if (!(await isReady(monitor))) return attachment;
    const signal = AbortSignal.timeout(MEASURE_MS);
    const measure = (text: string) => session.measure(text, signal);
    const { tokens: taken, contextTokens } = await measure('.');
    const room = contextTokens - taken - Math.min(ANSWER_TOKENS, contextTokens / 2);
    if (room < LEAST_TOKENS) return attachment;
    let { text } = attachment;
    for (;;) {
      const tokens = (await measure(text)).tokens - taken;
      if (tokens <= room) break;
      text = shorten(text, Math.floor(text.length * Math.min(0.95, room / tokens)));
    }
    return { ...attachment, text };
  }
}

/** Once the model is loaded; false where it has to come over the network first, nobody loads it, or it does not come. */
async function isReady(monitor: PageDeskOptions['monitor']): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const begin = setTimeout(() => resolve(false), BEGIN_MS);
  const look = (): void => {
    const { state } = monitor.value.status ?? {};
    if (state === 'ready' || state === 'profiling') resolve(true);
    if (state === 'failed') resolve(false);
    if (state === 'loading') clearTimeout(begin);
  };
  const stop = monitor.subscribe(look);
  const load = setTimeout(() => resolve(false), LOAD_MS);
  look();
  const ready = await promise;
  clearTimeout(load);
  clearTimeout(begin);
  stop();
  return ready;
}

/** To a whole paragraph, line or word, where that costs little. */
function shorten(text: string, characters: number): string {
  const start = text.slice(0, characters);
  for (const end of ['\n\n', '\n', ' ']) {
    const at = start.lastIndexOf(end);
    if (at > characters * 0.8) return start.slice(0, at);
  }
  return start.toWellFormed();
}
