/**
 * One owner's thread of grammars: requests and their answers, and an end to what takes too long.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { ToolMarks } from '../chat/tool-call-format.ts';
import { AnswerGrammar } from './answer-grammar.ts';
import type { AnswerRules } from './constraint-grammar.ts';
import type { GrammarReply, GrammarRequest, GrammarState, VocabularyData } from './grammar-messages.ts';
import { openThread, type Thread, type ThreadEvents } from './thread.ts';

/** A thread that says nothing for so long is stopped: a schema or pattern was made to take long. */
export const LIMIT_MS = 30_000;

interface Waiting {
  resolve: (state: GrammarState | undefined) => void;
  reject: (error: unknown) => void;
}

/** A request as it is made, without its number. */
type Request = GrammarRequest extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never;

export interface GrammarThreadOptions {
  open?: (events: ThreadEvents) => Thread;
  limitMs?: number;
}

export class GrammarThread {
  readonly owner: string;
  /** Grammars that are open or being opened. */
  users = 0;
  readonly #thread: Thread;
  readonly #limitMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #ids = 0;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #failure: LocalLLMError | undefined;

  constructor(
    owner: string,
    vocabulary: VocabularyData,
    { open = openThread, limitMs = LIMIT_MS }: GrammarThreadOptions,
  ) {
    this.owner = owner;
    this.#limitMs = limitMs;
    this.#thread = open({
      onReply: (reply) => this.#reply(reply),
      onFailure: (cause) => this.#fail(new LocalLLMError('internal', 'The thread of grammars has failed.', { cause })),
    });
    this.#ask({ op: 'vocabulary', vocabulary }).catch(() => {}); // those that wait behind it hear of it
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** @throws LocalLLMError bad-argument, not-supported, internal */
  async open(rules: AnswerRules, marks: ToolMarks['tokens'], onClose: () => void): Promise<AnswerGrammar> {
    const grammar = this.#ids++;
    const first = (await this.#ask({ op: 'open', grammar, rules, marks }))!;
    const accept = async (token: number) => (await this.#ask({ op: 'accept', grammar, token }))!;
    const close = () => {
      this.#ask({ op: 'close', grammar }).catch(() => {}); // gone is closed
      onClose();
    };
    return new AnswerGrammar({ accept, close }, first);
  }

  /** Ends the thread; what waits fails with `error`. */
  stop(error: LocalLLMError): void {
    this.#fail(error);
  }

  #ask(request: Request): Promise<GrammarState | undefined> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#ids++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#watchdog ??= this.#watch();
      try {
        this.#thread.post({ ...request, id });
      } catch (cause) {
        this.#forget(id);
        reject(
          new LocalLLMError('bad-argument', 'The schema holds what is not JSON, as a function: leave it out.', {
            cause,
          }),
        );
      }
    });
  }

  #watch(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#fail(
        new LocalLLMError(
          'not-supported',
          `A response constraint or a tool's schema took longer than ${this.#limitMs / 1000} s. Make it simpler.`,
        ),
      );
    }, this.#limitMs);
  }

  /** Whoever waits still has all the time anew. */
  #forget(id: number): void {
    this.#waiting.delete(id);
    clearTimeout(this.#watchdog);
    this.#watchdog = this.#waiting.size > 0 ? this.#watch() : undefined;
  }

  #reply(reply: GrammarReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#forget(reply.id);
    if (!('error' in reply)) return waiting?.resolve(reply.state);
    const error = LocalLLMError.fromData(reply.error);
    waiting?.reject(error);
    if (reply.fatal) this.#fail(error);
  }

  #fail(error: LocalLLMError): void {
    if (this.#failure) return;
    this.#failure = error;
    clearTimeout(this.#watchdog);
    this.#thread.terminate();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
