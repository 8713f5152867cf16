/**
 * What a conversation consists of, and what of it the model is shown.
 *
 * @module
 */
import type { ErrorData } from '../../../engine/protocol/errors.ts';
import type { GenerateResult, Message } from '../../../engine/protocol/messages.ts';

export interface ChatMessage {
  /** Position in the conversation, from 0. */
  index: number;
  role: 'user' | 'assistant';
  text: string;
  createdMs: number;
  status: 'complete' | 'streaming' | 'stopped' | 'failed';
  error?: ErrorData;
  finishReason?: GenerateResult['finishReason'];
  completionTokens?: number;
  tokensPerSecond?: number;
}

const TITLE_CHARS = 60;

/** The first line of the first question, cut at a word. */
export function titleOf(text: string): string {
  const line = text.trim().split('\n', 1)[0]!.trim();
  const characters = Array.from(line);
  if (characters.length <= TITLE_CHARS) return line || 'New chat';
  const cut = characters.slice(0, TITLE_CHARS).join('');
  const space = cut.lastIndexOf(' ');
  return `${space > TITLE_CHARS / 2 ? cut.slice(0, space) : cut}…`;
}

/** The conversation for the model: earlier questions that got no answer at all are left out, the last one never is. */
export function promptOf(messages: readonly ChatMessage[]): Message[] {
  const prompt: Message[] = [];
  messages.forEach((message, position) => {
    if (message.text.trim() === '') return;
    if (message.role === 'user') {
      const answer = messages[position + 1];
      if (answer && answer.text.trim() === '') return;
    }
    prompt.push({ role: message.role, content: message.text });
  });
  return prompt;
}
