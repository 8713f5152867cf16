/**
 * What a request asks, as token ids.
 *
 * @module
 */
import type { ChatTemplate } from '../chat/chat-template.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { GenerateParams, Input, Message } from '../protocol/messages.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

/**
 * The prompt's token ids: the chat template applied, or plain text for `raw`. Text that people or pages wrote never
 * becomes a control token.
 * @throws LocalLLMError bad-argument, template
 */
export function promptTokens(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  input: Input,
  options: Pick<GenerateParams, 'raw' | 'system' | 'tools'>,
): number[] {
  if (options.raw) {
    if (typeof input !== 'string') throw new LocalLLMError('bad-argument', 'With raw: true, input must be a string.');
    const ids = tokenizer.encode(input);
    if (ids.length === 0)
      throw new LocalLLMError('bad-argument', 'The raw input is empty: give at least one character.');
    return ids;
  }
  const messages: Message[] = typeof input === 'string' ? [{ role: 'user', content: input }] : [...input];
  if (options.system !== undefined) {
    if (messages[0]?.role === 'system') {
      throw new LocalLLMError('bad-argument', 'Give either options.system or a system message, not both.');
    }
    messages.unshift({ role: 'system', content: options.system });
  }
  const parts = template.renderParts(messages, {
    ...(options.tools ? { tools: options.tools } : {}),
    addGenerationPrompt: true,
  });
  return tokenizer.encodeParts(parts);
}
