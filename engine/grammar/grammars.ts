/**
 * The grammars of one model's answers. Each owner has a thread of its own: whatever one site asks for, it is only its own answers that
 * wait for it, and nothing that was compiled for one shows in another's times.
 *
 * @module
 */
import type { ToolMarks } from '../chat/tool-call-format.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { AnswerGrammar } from './answer-grammar.ts';
import type { AnswerRules } from './constraint-grammar.ts';
import type { VocabularyData } from './grammar-messages.ts';
import { GrammarThread, type GrammarThreadOptions } from './grammar-thread.ts';

/** Threads at once: each holds the vocabulary, tens of MB. More owners than these wait for each other. */
const MAX_THREADS = 4;
/** A thread without work is kept so long. */
const IDLE_MS = 300_000;

const NO_MARKS: ToolMarks['tokens'] = new Map();

export class Grammars {
  readonly #tokenizer: Pick<Tokenizer, 'vocabSize' | 'eogIds' | 'bytes'>;
  readonly #options: GrammarThreadOptions;
  /** The last used last. */
  #threads: GrammarThread[] = [];
  /** Called when a thread has nothing to do any more. */
  readonly #waiting: (() => void)[] = [];
  #vocabulary: VocabularyData | undefined;
  #closed: LocalLLMError | undefined;

  constructor(tokenizer: Pick<Tokenizer, 'vocabSize' | 'eogIds' | 'bytes'>, options: GrammarThreadOptions = {}) {
    this.#tokenizer = tokenizer;
    this.#options = options;
  }

  /**
   * The grammar of one answer; to be closed after it.
   * @throws LocalLLMError bad-argument, not-supported, aborted
   */
  async open(
    owner: string,
    rules: AnswerRules,
    signal: AbortSignal,
    marks: ToolMarks['tokens'] = NO_MARKS,
  ): Promise<AnswerGrammar> {
    const thread = await this.#enter(owner, signal);
    const leave = () => this.#leave(thread);
    const opened = thread.open(rules, marks, leave);
    opened.catch(leave);
    try {
      return await Promise.race([opened, aborted(signal)]);
    } catch (error) {
      if (signal.aborted) void opened.then((grammar) => grammar.close()).catch(() => {});
      throw error;
    }
  }

  /** Ends all threads; what waits fails with `error`. */
  close(error: LocalLLMError): void {
    this.#closed = error;
    for (const thread of this.#threads.splice(0)) thread.stop(error);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The owner's thread with one user more: counted at once, or another owner would take it for idle. */
  async #enter(owner: string, signal: AbortSignal): Promise<GrammarThread> {
    for (;;) {
      if (this.#closed) throw this.#closed;
      this.#threads = this.#threads.filter((thread) => !thread.failed);
      const own = this.#threads.find((thread) => thread.owner === owner);
      if (own) {
        this.#threads = [...this.#threads.filter((thread) => thread !== own), own];
        own.users++;
        return own;
      }
      const idle = this.#threads.find((thread) => thread.users === 0);
      if (this.#threads.length < MAX_THREADS || idle) {
        if (this.#threads.length >= MAX_THREADS && idle) this.#end(idle);
        const made = new GrammarThread(owner, (this.#vocabulary ??= readVocabulary(this.#tokenizer)), this.#options);
        this.#threads.push(made);
        made.users++;
        return made;
      }
      await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), aborted(signal)]);
    }
  }

  #leave(thread: GrammarThread): void {
    thread.users--;
    if (thread.users > 0) return;
    for (const wake of this.#waiting.splice(0)) wake();
    const timer = setTimeout(() => {
      if (thread.users === 0) this.#end(thread);
    }, IDLE_MS);
    (timer as { unref?: () => void }).unref?.();
  }

  #end(thread: GrammarThread): void {
    this.#threads = this.#threads.filter((other) => other !== thread);
    thread.stop(new LocalLLMError('aborted', 'The thread of grammars had nothing to do.'));
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new LocalLLMError('aborted', 'The request was cancelled.'));
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail, { once: true });
  });
}

/** Every token as an answer's text has it; ends of generation and other control tokens as nothing. */
function readVocabulary(tokenizer: Pick<Tokenizer, 'vocabSize' | 'eogIds' | 'bytes'>): VocabularyData {
  const { vocabSize, eogIds } = tokenizer;
  const parts: Uint8Array[] = [];
  const ends = new Uint32Array(vocabSize);
  let length = 0;
  for (let id = 0; id < vocabSize; id++) {
    const part = eogIds.has(id) ? new Uint8Array(0) : tokenizer.bytes(id);
    parts.push(part);
    length += part.length;
    ends[id] = length;
  }
  const all = new Uint8Array(length);
  parts.forEach((part, id) => all.set(part, id === 0 ? 0 : ends[id - 1]!));
  return { bytes: all, ends, eogIds: [...eogIds] };
}
