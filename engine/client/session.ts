/**
 * One conversation of a page. It lives here, in the page: the engine sees every prompt whole and knows it by the KV it kept, so that
 * a session outlives workers that die.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { MAX_MESSAGES } from '../protocol/messages.ts';
import type { Constraint, GenerateParams, GenerateResult, Message, ToolCall } from '../protocol/messages.ts';
import { anySignal, unlessAborted } from './abort.ts';
import type { PageClient } from './page-client.ts';
import { isWhole } from './constraint.ts';
import type { LanguageModelSamplingMode } from './language-model-types.ts';
import { domError } from './page-errors.ts';
import { SessionHistory } from './session-history.ts';
import { measure, prefill } from './session-requests.ts';
import { findRoom } from './session-room.ts';
import type { SessionOptions } from './session-options.ts';
import { runTools } from './session-tools.ts';
import type { SessionTools } from './session-tools.ts';
import { iterateStream } from './stream.ts';

const { AbortController, Promise } = globalThis;

/** Rounds of tool calls in one prompt; a model that calls on and on is stopped. */
const MAX_TOOL_ROUNDS = 8;

export interface SessionPrompt {
  messages: readonly Message[];
  constraint?: Constraint | undefined;
  signal?: AbortSignal | undefined;
}
export interface SessionAnswer {
  text: string;
  /** Calls that the page has to answer. */
  toolCalls: ToolCall[];
}
interface SessionState {
  client: PageClient;
  history: SessionHistory;
  tools: SessionTools;
  types: ReadonlySet<string>;
  sampling: GenerateParams;
  samplingMode: LanguageModelSamplingMode;
  contextWindow: number;
  contextUsage: number;
}

/**
 * Loads the model, asking the person where there is no grant, and computes the initial prompts.
 * @throws LocalLLMError not-supported, not-allowed, quota and what loading throws
 */
export async function openSession(
  client: PageClient,
  { initial, tools, types, sampling, samplingMode, signal }: SessionOptions,
  onProgress?: (fraction: number) => void,
): Promise<Session> {
  const options = { ...sampling, ...(tools.declared ? { tools: tools.declared } : {}), signal };
  const empty = initial.length === 0 && !tools.declared;
  const { tokens, contextTokens } = await measure(client, initial, options, onProgress);
  if (tokens >= contextTokens) throw tooLong(tokens, contextTokens);
  const history = new SessionHistory(initial);
  if (initial.length > 0) await prefill(client, history.messages(), options);
  const contextUsage = empty ? 0 : tokens;
  return new Session({
    client,
    history,
    tools,
    types,
    sampling,
    samplingMode,
    contextWindow: contextTokens,
    contextUsage,
  });
}

export class Session {
  /** Called when the oldest turns have gone. */
  onOverflow: (() => void) | undefined;
  /** Called when another model answers from now on, and what is here was measured for it. */
  onModelChange: (() => void) | undefined;
  readonly #state: SessionState;
  readonly #stop = new AbortController();
  #tail: Promise<unknown> = Promise.resolve();
  #calls = 0;

  constructor(state: SessionState) {
    this.#state = state;
    state.client.onModel(this);
  }

  /** Told by the connection. After everything that was asked before: that may be the first thing for the new model. */
  modelChanged(contextTokens: number): void {
    if (this.#stop.signal.aborted) return;
    this.#state.contextWindow = contextTokens;
    void this.#inTurn(undefined, async (signal) => {
      const { client, history, tools } = this.#state;
      if (!history.isEmpty || tools.declared) {
        const options = { ...this.#options({ messages: [] }), signal };
        const measured = await measure(client, history.messages(), options).catch(() => undefined); // the next prompt measures
        this.#state.contextUsage = measured?.tokens ?? this.contextUsage;
      }
      if (!signal.aborted) this.onModelChange?.();
    }).catch(() => {}); // destroyed meanwhile
  }

  get contextUsage(): number {
    return this.#state.contextUsage;
  }
  get contextWindow(): number {
    return this.#state.contextWindow;
  }
  get samplingMode(): LanguageModelSamplingMode {
    return this.#state.samplingMode;
  }
  get types(): ReadonlySet<string> {
    return this.#state.types;
  }

  /** Answers in turn. `onText` gets the text as it is made. Whatever fails leaves the session as it was. */
  prompt(prompt: SessionPrompt, onText?: (text: string) => void): Promise<SessionAnswer> {
    return this.#inTurn(prompt.signal, (signal) => this.#answer(prompt, signal, onText));
  }

  append({ messages, signal: given }: SessionPrompt): Promise<void> {
    return this.#inTurn(given, async (signal) => {
      const { client, history } = this.#state;
      const options = this.#options({ messages });
      const tokens = await this.#makeRoom(messages, options, signal);
      await prefill(client, [...history.messages(), ...messages], { ...options, signal });
      signal.throwIfAborted();
      history.add(messages);
      this.#state.contextUsage = tokens;
    });
  }

  /** Tokens that the prompt would add to what is there now. */
  async measure(prompt: SessionPrompt): Promise<number> {
    const signal = this.#signal(prompt.signal);
    const { client, history, contextUsage } = this.#state;
    this.#refuseLateSystem(prompt.messages);
    const messages = [...history.messages(), ...prompt.messages];
    const { tokens } = await orReason(measure(client, messages, { ...this.#options(prompt), signal }), signal);
    return Math.max(0, tokens - contextUsage);
  }

  /** The same conversation, free of what happens to this one. */
  clone(signal: AbortSignal | undefined): Session {
    this.#signal(signal);
    return new Session({ ...this.#state, history: this.#state.history.copy() });
  }

  destroy(reason: unknown = domError('AbortError', 'The session was destroyed.')): void {
    this.#stop.abort(reason);
  }

  /** @throws LocalLLMError invalid-state */
  throwIfDestroyed(): void {
    if (!this.#stop.signal.aborted) return;
    throw new LocalLLMError('invalid-state', 'This session was destroyed. Create another one.');
  }

  /** @throws LocalLLMError invalid-state after `destroy`, or the signal's reason */
  #signal(given: AbortSignal | undefined): AbortSignal {
    this.throwIfDestroyed();
    given?.throwIfAborted();
    return anySignal([this.#stop.signal, given]);
  }

  /** After everything that was asked before. */
  async #inTurn<T>(given: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = this.#signal(given);
    const before = this.#tail;
    const run = unlessAborted(before, signal).then(() => work(signal));
    // Who leaves the queue must not let the next one overtake what still runs.
    this.#tail = Promise.allSettled([before, run]);
    return orReason(run, signal);
  }

  async #answer(prompt: SessionPrompt, signal: AbortSignal, onText?: (text: string) => void): Promise<SessionAnswer> {
    const { history, tools } = this.#state;
    const options = this.#options(prompt);
    const turn = [...prompt.messages];
    let text = '';
    for (let round = 0; ; round++) {
      await this.#makeRoom(turn, options, signal);
      const result = await this.#generate(turn, { ...options, signal }, onText);
      const toolCalls = result.finishReason === 'tool-calls' ? this.#named(result.toolCalls ?? []) : [];
      const answered = addAnswer(turn, result.text, toolCalls);
      refuseHalf(prompt.constraint, result, answered);
      text += result.text;
      if (toolCalls.length === 0 || !tools.execute) {
        signal.throwIfAborted();
        history.add(turn);
        this.#state.contextUsage = result.usage.promptTokens + result.usage.completionTokens;
        return { text, toolCalls };
      }
      if (round === MAX_TOOL_ROUNDS) {
        const message = `The model called tools ${MAX_TOOL_ROUNDS} times in a row and did not answer. Ask for less at once.`;
        throw new LocalLLMError('internal', message);
      }
      if (result.text.trim() !== '') {
        text += '\n\n';
        onText?.('\n\n');
      }
      turn.push(...(await runTools(tools.execute, toolCalls, signal)));
    }
  }

  async #generate(
    turn: readonly Message[],
    options: GenerateParams & { signal: AbortSignal },
    onText?: (text: string) => void,
  ): Promise<GenerateResult> {
    const { client, history } = this.#state;
    const input = [...history.messages(), ...turn];
    if (!onText) return client.answer(input, options);
    const stream = client.generate(input, options);
    for await (const text of iterateStream(stream)) onText(text);
    return stream.result;
  }

  /**
   * Evicts the oldest turns until this one fits, and gives the tokens of the prompt then. Nothing goes where it does not fit either way.
   * @throws LocalLLMError quota
   */
  async #makeRoom(turn: readonly Message[], options: GenerateParams, signal: AbortSignal): Promise<number> {
    this.#refuseLateSystem(turn);
    const { client, history, contextWindow } = this.#state;
    const evictions = history.evictions();
    const last = evictions.length - 1;
    const { at, tokens, contextTokens, freed } = await findRoom(evictions.length, async (choice) => {
      const messages = [...history.messages(evictions[choice]), ...turn];
      // More than a request may have: as good as too long, unless there is nothing to leave out.
      if (messages.length > MAX_MESSAGES && choice < last) return { tokens: Infinity, contextTokens: contextWindow };
      return measure(client, messages, { ...options, signal });
    });
    // Another model may be there now, or a shorter context, where memory ran out.
    this.#state.contextWindow = contextTokens;
    if (tokens >= contextTokens) throw tooLong(tokens, contextTokens);
    signal.throwIfAborted();
    if (at === 0) return tokens;
    history.evict(evictions[at]!);
    this.#state.contextUsage = freed < this.contextUsage ? this.contextUsage - freed : 0;
    this.onOverflow?.();
    return tokens;
  }

  #options({ constraint }: SessionPrompt): GenerateParams {
    const { sampling, tools } = this.#state;
    return {
      ...sampling,
      ...(tools.declared ? { tools: tools.declared } : {}),
      ...(constraint ? { responseConstraint: constraint } : {}),
    };
  }

  /** Every call with an id of its own: nine letters and digits, which the strictest templates ask for. */
  #named(calls: readonly ToolCall[]): ToolCall[] {
    return calls.map((call) => ({ ...call, id: call.id ?? `call${String(this.#calls++).padStart(5, '0')}` }));
  }

  #refuseLateSystem([first]: readonly Message[]): void {
    if (first?.role !== 'system' || this.#state.history.isEmpty) return;
    const message = 'input.0.role: a system message must be the first of a session, and this one has others already.';
    throw new LocalLLMError('bad-argument', message);
  }
}

/** A cancelled request fails with what the page gave as its reason. */
async function orReason<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** Adds what the model said; after a prefix it is the rest of that message. Gives the message's whole text. */
function addAnswer(turn: Message[], text: string, toolCalls: ToolCall[]): string {
  const prefix = turn.at(-1)?.prefix ? turn.pop()!.content : '';
  const content = prefix + text;
  turn.push({ role: 'assistant', content, ...(toolCalls.length > 0 ? { toolCalls } : {}) });
  return content;
}

/** @throws DOMException SyntaxError */
function refuseHalf(constraint: Constraint | undefined, result: GenerateResult, answered: string): void {
  if (!constraint || result.finishReason !== 'length') return;
  if (isWhole(constraint, result.text) || isWhole(constraint, answered)) return;
  throw domError(
    'SyntaxError',
    'The answer reached the end of the context before it met responseConstraint. Ask for less.',
  );
}

function tooLong(tokens: number, quota: number): LocalLLMError {
  const message = `The prompt has ${tokens} tokens without earlier turns; the context holds ${quota} and the answer needs at least one. Shorten the prompt.`;
  return new LocalLLMError('quota', message, { details: { requested: tokens + 1, quota } });
}
