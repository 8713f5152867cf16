/**
 * One answer as text: tokens in, deltas out; stop tokens, stop strings, tool calls, and why it ended.
 *
 * @module
 */
import { parseToolCalls, TOOL_CALL_MARK } from '../chat/tool-calls.ts';
import type { GenerateParams, TokenLogprob } from '../protocol/messages.ts';
import type { StreamDecoder, Tokenizer } from '../tokenizer/tokenizer.ts';

export type FinishReason = 'stop' | 'length' | 'tool-calls';

export class Answer {
  readonly logprobs: TokenLogprob[] = [];
  completionTokens = 0;
  finishReason: FinishReason | undefined;

  readonly #tokenizer: Tokenizer;
  readonly #decoder: StreamDecoder;
  readonly #stops: readonly string[];
  readonly #tools: boolean;
  readonly #onDelta: (text: string) => void;
  #text = '';
  /** Characters of `#text` that have been handed out. */
  #sent = 0;

  /** `continues`: the text goes on from the prompt's own, so that a space it begins with is part of it. */
  constructor(
    tokenizer: Tokenizer,
    options: GenerateParams,
    onDelta: (text: string) => void,
    continues = options.raw === true,
  ) {
    this.#tokenizer = tokenizer;
    this.#decoder = tokenizer.decoder({ continues });
    this.#stops = options.stop ?? [];
    this.#tools = (options.tools?.length ?? 0) > 0;
    this.#onDelta = onDelta;
  }

  /** Takes the next token. Sets `finishReason` when it ends the answer; a stop token adds no text. */
  push(id: number): void {
    this.completionTokens++;
    if (this.#tokenizer.eogIds.has(id)) this.#finish('stop');
    else this.#append(this.#decoder.push(id));
  }

  /** Ends the answer because there is no room for more. */
  cut(): void {
    if (this.finishReason === undefined) this.#finish('length');
  }

  /** The whole text and, where tools were given, the calls in it. */
  result(): { text: string; finishReason: FinishReason; toolCalls?: ReturnType<typeof parseToolCalls>['toolCalls'] } {
    const finishReason = this.finishReason ?? 'length';
    if (!this.#tools) return { text: this.#text, finishReason };
    const { content, toolCalls } = parseToolCalls(this.#text);
    if (toolCalls.length === 0) return { text: this.#text, finishReason };
    return { text: content, toolCalls, finishReason: finishReason === 'stop' ? 'tool-calls' : finishReason };
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
      const at = this.#text.indexOf(stop, Math.max(0, searchFrom - stop.length + 1));
      if (at >= 0 && (first === undefined || at < first)) first = at;
    }
    return first;
  }

  /**
   * How much of the text may be handed out: nothing that may still turn out to begin a stop string, and no tool call,
   * which is not streamed as text.
   */
  #visible(): number {
    const call = this.#tools ? this.#text.indexOf(TOOL_CALL_MARK) : -1;
    if (call >= 0) return call;
    if (this.finishReason !== undefined) return this.#text.length;
    const marks = this.#tools ? [...this.#stops, TOOL_CALL_MARK] : this.#stops;
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
