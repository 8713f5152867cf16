/**
 * Questions that wait for the person, each in a window of its own. One per site at a time: whoever asks meanwhile joins it.
 *
 * @module
 */
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { Decision } from './messages.ts';
import { ownerKey, siteOf } from './site.ts';
import type { Site } from './site.ts';

export interface QuestionWindows {
  /** Shows the question; resolves with the window's id. */
  open(questionId: string): Promise<number>;
  close(windowId: number): Promise<void>;
}

interface Question {
  id: string;
  key: string;
  site: Site;
  windowId?: number;
  waiting: number;
  decided: Promise<Decision>;
  decide(decision: Decision): void;
  fail(error: LocalLLMError): void;
}

export class Questions {
  readonly #windows: QuestionWindows;
  readonly #bySite = new Map<string, Question>();

  constructor(windows: QuestionWindows) {
    this.#windows = windows;
  }

  /** @throws LocalLLMError aborted (by the signal; the question is withdrawn when nobody waits any more), not-allowed (no window opened) */
  async ask(site: Site, signal: AbortSignal): Promise<Decision> {
    const key = ownerKey(site);
    const question = this.#bySite.get(key) ?? this.#open(key, siteOf(site));
    question.waiting++;
    let onAbort!: () => void;
    const left = new Promise<never>((_, reject) => {
      onAbort = () => reject(new LocalLLMError('aborted', 'The request was cancelled.'));
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([question.decided, left]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      question.waiting--;
      if (question.waiting === 0) this.#end(question, 'dismissed');
    }
  }

  /** What a permission window shows; undefined once it is settled. */
  pending(id: string): Site | undefined {
    return this.#find((open) => open.id === id)?.site;
  }

  /** @throws LocalLLMError invalid-state, when the question was settled or withdrawn meanwhile */
  answer(id: string, decision: Decision): void {
    const question = this.#find((open) => open.id === id);
    if (!question)
      throw new LocalLLMError('invalid-state', 'This question is not open any more. Ask again on the page.');
    this.#end(question, decision);
  }

  windowClosed(windowId: number): void {
    const question = this.#find((open) => open.windowId === windowId);
    if (question) this.#end(question, 'dismissed');
  }

  #open(key: string, site: Site): Question {
    const { promise, resolve, reject } = Promise.withResolvers<Decision>();
    promise.catch(() => {}); // whoever waits has it from the race
    const question: Question = {
      id: crypto.randomUUID(),
      key,
      site,
      waiting: 0,
      decided: promise,
      decide: resolve,
      fail: reject,
    };
    this.#bySite.set(key, question);
    this.#windows.open(question.id).then(
      (windowId) => {
        question.windowId = windowId;
        if (this.#bySite.get(key) !== question) void this.#windows.close(windowId);
      },
      (cause: unknown) => {
        this.#bySite.delete(key);
        const message = `localLLM could not open its permission window (${String(cause)}). Try again.`;
        question.fail(new LocalLLMError('not-allowed', message, { cause }));
      },
    );
    return question;
  }

  #end(question: Question, decision: Decision): void {
    if (this.#bySite.get(question.key) !== question) return;
    this.#bySite.delete(question.key);
    question.decide(decision);
    if (question.windowId !== undefined) void this.#windows.close(question.windowId);
  }

  #find(matches: (question: Question) => boolean): Question | undefined {
    return [...this.#bySite.values()].find(matches);
  }
}
