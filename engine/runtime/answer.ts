/**
 * One answer as text: tokens in, deltas out; stop tokens, stop strings, tool calls, and why it ended.
 *
 * @module
 */
import type { ToolMarks } from '../chat/tool-call-format.ts';
import { callBegin, newCallId, parseToolCalls } from '../chat/tool-calls.ts';
import type { GenerateParams, TokenLogprob, ToolCall } from '../protocol/messages.ts';
import type { StreamDecoder, Tokenizer } from '../tokenizer/tokenizer.ts';

export type FinishReason = 'stop' | 'length' | 'tool-calls';

export class Answer {
  readonly logprobs: TokenLogprob[] = [];
  completionTokens = 0;
  finishReason: FinishReason | undefined;

  readonly #tokenizer: Tokenizer;
  readonly #decoder: StreamDecoder;
  readonly #stops: readonly string[];
  readonly #marks: ToolMarks | undefined;
  readonly #onDelta: (text: string) => void;
  #text: string;
  /** No stop string begins before here. */
  readonly #ownFrom: number;
  /** Characters of `#text` that have been handed out. */
  #sent = 0;

  /**
   * @param how `continues`: the text goes on from the prompt's own, so that a space it begins with is part of it; `marks`: of the
   * calls that may be in it, where tools were given; `begun`: the text that the prompt has begun it with
   */
  constructor(
    tokenizer: Tokenizer,
    options: Pick<GenerateParams, 'stop'>,
    onDelta: (text: string) => void,
    {
      continues = false,
      marks,
      begun = '',
    }: { continues?: boolean; marks?: ToolMarks | undefined; begun?: string | undefined } = {},
  ) {
    this.#tokenizer = tokenizer;
    this.#decoder = tokenizer.decoder({ continues });
    this.#stops = options.stop ?? [];
    this.#marks = marks;
    this.#onDelta = onDelta;
    this.#text = begun;
    this.#ownFrom = begun.length;
  }

  /** Takes the next token. Sets `finishReason` when it ends the answer; a stop token adds no text. */
  push(id: number): void {
    this.completionTokens++;
    if (this.#tokenizer.eogIds.has(id)) this.#finish('stop');
    else this.#append(this.#markOf(id) ?? this.#decoder.push(id));
  }

  /** Ends the answer where nothing can follow. */
  complete(): void {
    if (this.finishReason === undefined) this.#finish('stop');
  }

  /** Ends the answer because there is no room for more. */
  cut(): void {
    if (this.finishReason === undefined) this.#finish('length');
  }

  /** The whole text and, where tools were given, the calls in it. */
  result(): { text: string; finishReason: FinishReason; toolCalls?: ToolCall[] } {
    const finishReason = this.finishReason ?? 'length';
    if (!this.#marks) return { text: this.#text, finishReason };
    const { content, toolCalls } = parseToolCalls(this.#text, this.#marks);
    let text = content;
    for (const mark of this.#marks.tokens.values()) text = text.replaceAll(mark, '');
    if (toolCalls.length === 0) return { text, finishReason };
    return {
      text,
      toolCalls: toolCalls.map((call) => ({ id: newCallId(), ...call })),
      finishReason: finishReason === 'stop' ? 'tool-calls' : finishReason,
    };
  }

  /** What stands in the text for a control token that marks a call; those that only mean something within one are nothing before it. */
  #markOf(id: number): string | undefined {
    const mark = this.#marks?.tokens.get(id);
    if (mark === undefined || mark === this.#marks!.begin) return mark;
    return this.#text.includes(this.#marks!.begin) ? mark : '';
  }

  #append(piece: string): void {
    if (piece === '') return;
    const searchFrom = this.#text.length;
    this.#text += piece;
    const stop = this.#findStop(searchFrom);
    if (stop !== undefined) {
      this.#text = this.#text.slice(0, stop);
      this.finishReason = 'stop';
    }
    this.#send();
  }

  #finish(reason: FinishReason): void {
    this.#append(this.#decoder.flush());
    this.finishReason ??= reason;
    this.#send();
  }

  /** Where the first stop string begins that ends in the newest piece. */
  #findStop(searchFrom: number): number | undefined {
    let first: number | undefined;
    for (const stop of this.#stops) {
      const at = this.#text.indexOf(stop, Math.max(this.#ownFrom, searchFrom - stop.length + 1));
      if (at >= 0 && (first === undefined || at < first)) first = at;
    }
    return first;
  }

  /**
   * How much of the text may be handed out: nothing that may still turn out to begin a stop string, and no tool call,
   * which is not streamed as text.
   */
  #visible(): number {
    const call = this.#marks ? callBegin(this.#text, this.#marks) : -1;
    if (call >= 0) return call;
    if (this.finishReason !== undefined) return this.#text.length;
    const marks = this.#marks ? [...this.#stops, this.#marks.begin] : this.#stops;
    let held = 0;
    for (const mark of marks) {
      for (let n = Math.min(mark.length - 1, this.#text.length); n > held; n--) {
        if (this.#text.endsWith(mark.slice(0, n))) held = n;
      }
    }
    return this.#text.length - held;
  }

  #send(): void {
    const until = this.#visible();
    if (until <= this.#sent) return;
    const delta = this.#text.slice(this.#sent, until);
    this.#sent = until;
    this.#onDelta(delta);
  }
}
