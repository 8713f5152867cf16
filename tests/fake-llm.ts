/**
 * The page's object on an engine that answers what the test says: tokens are words, the context is small.
 *
 * @module
 */
import type { Connect, ConnectHandlers } from '../engine/client/channel.ts';
import { createClient } from '../engine/client/client.ts';
import type { LanguageModelCreateOptions } from '../engine/client/language-model-types.ts';
import { createLocalLLM } from '../engine/client/local-llm.ts';
import { LocalLLMError } from '../engine/protocol/errors.ts';

import type {
  DownFrame,
  GenerateParams,
  GenerateResult,
  Input,
  Message,
  UpFrame,
} from '../engine/protocol/messages.ts';

export interface Asked {
  method: 'generate' | 'measure' | 'prefill';
  messages: Message[];
  options: GenerateParams;
}
/** What the engine says: the text, the rest of the result, or a failure. */
export type Said = string | Partial<GenerateResult> | LocalLLMError;

const words = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;

export class FakeLLM {
  contextTokens = 100;
  availability = 'available';
  /** Of the model's download, told to the first who waits for it. */
  progress: number[] = [];
  /** Writes the answer. */
  say: (asked: Asked) => Said | Promise<Said> = ({ messages }) => `Answer to ${messages.at(-1)?.content}`;
  /** Refuses what the chat template would. */
  template: (messages: readonly Message[]) => boolean = () => true;
  readonly asked: Asked[] = [];
  readonly cancelled: number[] = [];
  readonly llm = createLocalLLM(createClient(this.#connect()));
  #ended = new Set<number>();
  #tell: ((frame: UpFrame) => void) | undefined;

  /** The messages of each answer that was asked for. */
  get prompts(): Message[][] {
    return this.asked.filter(({ method }) => method === 'generate').map(({ messages }) => messages);
  }

  /** Another model answers, of such a context. */
  changeModel(contextTokens: number): void {
    this.contextTokens = contextTokens;
    this.#tell?.({ t: 'model', id: 0, contextTokens });
  }

  tokens(messages: readonly Message[], { tools = [] }: GenerateParams = {}): number {
    return messages.reduce((sum, { content }) => sum + words(content) + 1, 1 + 5 * tools.length);
  }

  #connect(): Connect {
    return (handlers) => {
      this.#tell = (frame) => handlers.onFrame(frame);
      return { send: (frame) => void this.#take(structuredClone(frame), handlers), close: () => {} };
    };
  }

  async #take(frame: DownFrame, { onFrame }: ConnectHandlers): Promise<void> {
    const { id } = frame;
    if (frame.t === 'cancel') {
      this.cancelled.push(id);
      this.#ended.add(id);
    }
    if (frame.t !== 'request') return;
    try {
      const result = await this.#answer(frame, onFrame);
      if (!this.#ended.has(id)) onFrame({ t: 'done', id, result });
    } catch (error) {
      if (!this.#ended.has(id)) onFrame({ t: 'error', id, error: LocalLLMError.from(error).toData() });
    }
  }

  async #answer(frame: Extract<DownFrame, { t: 'request' }>, onFrame: ConnectHandlers['onFrame']): Promise<unknown> {
    const { id, method } = frame;
    if (method === 'availability') return this.availability;
    if (method !== 'generate' && method !== 'measure' && method !== 'prefill') return 'granted';
    const { input, options, stream } = frame.params as { input: Input; options: GenerateParams; stream?: boolean };
    const messages = typeof input === 'string' ? [{ role: 'user' as const, content: input }] : input;
    const asked = { method, messages, options };
    this.asked.push(asked);
    for (const progress of this.progress.splice(0)) onFrame({ t: 'heartbeat', id, progress });
    await new Promise((resolve) => setTimeout(resolve));
    if (!this.template(messages)) throw new LocalLLMError('template', 'The template refuses these messages.');
    const promptTokens = this.tokens(messages, options);
    if (method === 'measure') return { tokens: promptTokens, contextTokens: this.contextTokens };
    const said = method === 'generate' ? await this.say(asked) : '';
    if (said instanceof LocalLLMError) throw said;
    const answer: Partial<GenerateResult> = typeof said === 'string' ? { text: said } : said;
    const { text = '' } = answer;
    for (const delta of stream ? (text.match(/\S+\s*|^\s+/g) ?? []) : []) {
      if (!this.#ended.has(id)) onFrame({ t: 'delta', id, text: delta });
    }
    const usage = { promptTokens, cachedTokens: 0, completionTokens: words(text) + 1 };
    return { text, finishReason: 'stop', usage, timing: { ttftMs: 1, tokensPerSecond: 1 }, ...answer };
  }
}

export const SYSTEM = { role: 'system', content: 'Be brief.' } as const;
export const user = (content: string) => ({ role: 'user', content }) as const;
export const assistant = (content: string) => ({ role: 'assistant', content }) as const;
export const prefix = (content: string) => ({ ...assistant(content), prefix: true }) as const;

/** A session that was just created; what creating it asked is forgotten. */
export async function session(options: LanguageModelCreateOptions = {}, fake = new FakeLLM()) {
  const model = await fake.llm.LanguageModel.create(options);
  fake.asked.length = 0;
  return { fake, model };
}
/** What a call throws or rejects with. */
export const thrownBy = (call: () => unknown): Promise<DOMException & { requested?: number; quota?: number }> =>
  new Promise((resolve) => resolve(call())).then(
    () => {
      throw new Error('Nothing was thrown.');
    },
    (error: unknown) => error as DOMException,
  );
/** An answer that comes when it is let. */
export function held(fake: FakeLLM) {
  const { promise, resolve } = Promise.withResolvers<string>();
  fake.say = () => promise;
  return resolve;
}

export function tool(name: string, execute: (args: Record<string, unknown>) => unknown) {
  return { name, description: `Gives ${name}.`, inputSchema: { type: 'object' }, execute };
}
