/**
 * The shape of the Prompt API's `LanguageModel`, as pages see it.
 * Source: https://webmachinelearning.github.io/prompt-api/ and its explainer.
 *
 * @module
 */
import type { Availability } from '../protocol/messages.ts';

export type LanguageModelRole = 'system' | 'user' | 'assistant';
/** How varied answers are. `balanced` samples as the model's makers advise. */
export type LanguageModelSamplingMode =
  | 'most-predictable'
  | 'predictable'
  | 'slightly-predictable'
  | 'balanced'
  | 'slightly-creative'
  | 'creative'
  | 'most-creative';

export interface LanguageModelToolCallValue {
  readonly callId: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}
export interface LanguageModelToolSuccessValue {
  readonly callId: string;
  readonly name: string;
  readonly result: readonly { type: 'text' | 'object'; value: unknown }[];
}
export interface LanguageModelToolErrorValue {
  readonly callId: string;
  readonly name: string;
  readonly errorMessage: string;
}
export type LanguageModelMessageContent =
  | { type: 'text'; value: string }
  | { type: 'tool-call'; value: LanguageModelToolCallValue }
  | { type: 'tool-response'; value: LanguageModelToolSuccessValue | LanguageModelToolErrorValue };
export interface LanguageModelMessage {
  /** `system` only as the very first message of a session. */
  role: LanguageModelRole;
  content: string | readonly LanguageModelMessageContent[];
  /** Of the last message of a prompt, an assistant's: the answer goes on from its text. */
  prefix?: boolean;
}
/** A string is one message of the user. */
export type LanguageModelPrompt = string | readonly LanguageModelMessage[];
/** A string; an array with the tool calls where tools have no `execute` and the model calls some. */
export type LanguageModelPromptResult = string | LanguageModelMessageContent[];

export interface LanguageModelTool {
  name: string;
  description: string;
  /** JSON Schema of the arguments, with `type: 'object'`. */
  inputSchema: object;
  /** Called with the arguments; what it gives is told to the model as text. Either every tool has one or none. */
  execute?(args: Record<string, unknown>): unknown;
}
export interface LanguageModelExpected {
  type: 'text' | 'image' | 'audio' | 'tool-call' | 'tool-response';
  /** BCP 47. */
  languages?: readonly string[];
}
export interface LanguageModelCreateCoreOptions {
  expectedInputs?: readonly LanguageModelExpected[];
  expectedOutputs?: readonly LanguageModelExpected[];
  tools?: readonly LanguageModelTool[];
  samplingMode?: LanguageModelSamplingMode;
}
/** Fires `downloadprogress`: `loaded` from 0 to 1, `total` 1. Both ends always fire. */
export interface LanguageModelCreateMonitor extends EventTarget {
  ondownloadprogress: ((event: ProgressEvent) => unknown) | null;
}
export interface LanguageModelCreateOptions extends LanguageModelCreateCoreOptions {
  /** Never evicted. */
  initialPrompts?: readonly LanguageModelMessage[];
  /** Ends the creation, later the session. */
  signal?: AbortSignal;
  monitor?(monitor: LanguageModelCreateMonitor): void;
}
export interface LanguageModelPromptOptions {
  /** A JSON Schema that the answer validates against, or a regular expression that it matches as a whole. */
  responseConstraint?: object | RegExp;
  /** Do not tell the model of the constraint in the prompt. */
  omitResponseConstraintInput?: boolean;
  signal?: AbortSignal;
}

/** One conversation. Its prompts and appends run one after another, in the order of the calls. */
export interface LanguageModel extends EventTarget {
  /**
   * Answers. Rejects with QuotaExceededError when the prompt does not fit even without earlier turns, SyntaxError when a
   * constrained answer did not end within the context, InvalidStateError after `destroy()`; the session is then unchanged.
   */
  prompt(input: LanguageModelPrompt, options?: LanguageModelPromptOptions): Promise<LanguageModelPromptResult>;
  /** As `prompt`, in pieces of text (then tool calls, where tools have no `execute`); async-iterable in every browser. */
  promptStreaming(
    input: LanguageModelPrompt,
    options?: LanguageModelPromptOptions,
  ): ReadableStream<string | LanguageModelMessageContent>;
  /** Adds messages without an answer, and computes on them ahead of the next prompt. */
  append(input: LanguageModelPrompt, options?: { signal?: AbortSignal }): Promise<void>;
  /** Tokens that a prompt would add. */
  measureContextUsage(input: LanguageModelPrompt, options?: LanguageModelPromptOptions): Promise<number>;
  /** Tokens of the session's messages. */
  readonly contextUsage: number;
  /** Tokens that a session may hold; another number where the person chose another model, or the engine ran short of memory. */
  readonly contextWindow: number;
  readonly samplingMode: LanguageModelSamplingMode;
  /** Fires when the oldest turns made room for new ones. */
  oncontextoverflow: ((event: Event) => unknown) | null;
  /** A session of its own that begins with the same messages. Does not wait for prompts under way, nor has them. */
  clone(options?: { signal?: AbortSignal }): Promise<LanguageModel>;
  /** Ends what runs with AbortError, refuses what comes with InvalidStateError. */
  destroy(): void;
}
export interface LanguageModelStatic {
  readonly prototype: LanguageModel;
  /** Asks the person for a grant where there is none, if the page has user activation; loads the model. */
  create(options?: LanguageModelCreateOptions): Promise<LanguageModel>;
  /** Asks nothing. A page without a grant learns only 'available' or 'unavailable'. */
  availability(options?: LanguageModelCreateCoreOptions): Promise<Availability>;
}
