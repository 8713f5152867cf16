/**
 * Writes one answer, from its beginning or from where it ended.
 *
 * @module
 */
import type { GenerateStream } from '../../../engine/client/index.ts';
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import type { Message } from '../../../engine/protocol/messages.ts';
import type { ChatMessage } from '../history/records.ts';
import { splitThoughts } from './thoughts.ts';

export interface AnswerWork {
  /** With its text so far. */
  begun: ChatMessage;
  /** Asks the model; `prefix` is what the answer goes on from, if anything. */
  ask: (prefix: Message[]) => GenerateStream;
  modelName: () => string | undefined;
  /** Returns false when nobody wants the rest. */
  onText: (answer: ChatMessage) => boolean;
}

export function makeAnswer(parent: string | null): ChatMessage {
  const id = crypto.randomUUID();
  return { id, parent, role: 'assistant', text: '', createdMs: Date.now(), status: 'streaming' };
}

/** Whether more of an answer can be asked for: it was stopped, broken off or cut, and had more than thoughts. */
export function canContinue({ role, status, finishReason, text }: ChatMessage): boolean {
  const unfinished = status === 'stopped' || status === 'failed' || finishReason === 'length';
  return role === 'assistant' && unfinished && splitThoughts(text).answer.trim() !== '';
}

/** The answer as it ended, however it did. */
export async function writeAnswer({ begun, ask, modelName, onText }: AnswerWork): Promise<ChatMessage> {
  let answer = begun;
  const sign = () => {
    const model = modelName();
    if (model !== undefined) answer = { ...answer, model };
  };
  try {
    const { answer: prefix } = splitThoughts(begun.text);
    const stream = ask(begun.text === '' ? [] : [{ role: 'assistant', content: prefix, prefix: true }]);
    const reader = stream.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      // The model that a request waited for is known when it answers.
      if (answer.text === begun.text) sign();
      answer = { ...answer, text: answer.text + value };
      if (!onText(answer)) break;
    }
    const { text, finishReason, usage, timing } = await stream.result;
    if (answer.text === begun.text) sign();
    return {
      ...answer,
      text: begun.text + text,
      status: 'complete',
      finishReason,
      completionTokens: (begun.completionTokens ?? 0) + usage.completionTokens,
      tokensPerSecond: timing.tokensPerSecond,
    };
  } catch (thrown) {
    const error = LocalLLMError.from(thrown);
    if (error.code === 'aborted') return { ...answer, status: 'stopped' };
    return { ...answer, status: 'failed', error: error.toData() };
  }
}
