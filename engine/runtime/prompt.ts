/**
 * What a request asks, as token ids.
 *
 * @module
 */
import type { ChatTemplate, PromptPart } from '../chat/chat-template.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { GenerateParams, Input, Message } from '../protocol/messages.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

type PromptOptions = Pick<GenerateParams, 'raw' | 'system' | 'tools' | 'responseConstraint' | 'thinking'>;

/** Thoughts that a template begins in the name of the model. */
const OPEN_THOUGHTS = /<think>\s*$/;
const CLOSE_THOUGHTS = '\n</think>\n\n';

export interface Prompt {
  tokens: number[];
  /** The end of the prompt where that is the beginning of the answer: `<think>\n` of a template that begins thoughts. Empty: nothing. */
  begun: string;
}

/**
 * The prompt as token ids: the chat template applied, or plain text for `raw`. Text that people or pages wrote never
 * becomes a control token. After a last message with `prefix` the answer goes on where its text ends.
 * @throws LocalLLMError bad-argument, template
 */
export function encodePrompt(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  input: Input,
  options: PromptOptions,
): Prompt {
  if (options.raw) {
    if (typeof input !== 'string') throw new LocalLLMError('bad-argument', 'With raw: true, input must be a string.');
    const ids = tokenizer.encode(input);
    if (ids.length === 0)
      throw new LocalLLMError('bad-argument', 'The raw input is empty: give at least one character.');
    return { tokens: ids, begun: '' };
  }
  const messages: Message[] = typeof input === 'string' ? [{ role: 'user', content: input }] : [...input];
  if (options.system !== undefined) {
    if (messages[0]?.role === 'system') {
      throw new LocalLLMError('bad-argument', 'Give either options.system or a system message, not both.');
    }
    messages.unshift({ role: 'system', content: options.system });
  }
  const parts = chatParts(template, messages, options);
  return { tokens: tokenizer.encodeParts(parts), begun: openThoughts(parts) };
}

/** Whether the answer goes on from a text of the prompt instead of beginning a turn of its own. */
export function continuesPrompt(input: Input, options: Pick<GenerateParams, 'raw'>): boolean {
  return options.raw === true || (typeof input !== 'string' && input.at(-1)?.prefix === true);
}

function chatParts(template: ChatTemplate, messages: Message[], options: PromptOptions): PromptPart[] {
  const prefix = takePrefix(messages);
  // Where the first words are given, or a grammar holds from the first token on, there is no room for thoughts.
  const thoughtless = prefix !== undefined || options.responseConstraint !== undefined || options.thinking === false;
  const parts = template.renderParts(messages, {
    ...(options.tools ? { tools: options.tools } : {}),
    ...(thoughtless || options.thinking ? { variables: { enable_thinking: !thoughtless } } : {}),
    addGenerationPrompt: true,
  });
  if (thoughtless && openThoughts(parts) !== '') parts.push({ text: CLOSE_THOUGHTS, special: true });
  if (prefix !== undefined && prefix !== '') parts.push({ text: prefix, special: false });
  return parts;
}

/** The mark that the prompt ends with, if the template has left thoughts open. */
function openThoughts(parts: readonly PromptPart[]): string {
  const last = parts.at(-1);
  return (last?.special && OPEN_THOUGHTS.exec(last.text)?.[0]) || '';
}

/** Takes the prefix off the end of the messages. */
function takePrefix(messages: Message[]): string | undefined {
  const at = messages.findIndex((message) => message.prefix === true);
  if (at < 0) return undefined;
  const { role, content, toolCalls = [] } = messages[at]!;
  if (at !== messages.length - 1 || role !== 'assistant') {
    throw new LocalLLMError(
      'bad-argument',
      `input.${at}.prefix: only the last message may be a prefix, and it must be an assistant's; this is message ${at + 1} of ${messages.length}, of role ${role}.`,
    );
  }
  if (toolCalls.length > 0) {
    throw new LocalLLMError('bad-argument', `input.${at}.toolCalls: a prefix is text alone. Leave the calls out.`);
  }
  if (at === 0) {
    throw new LocalLLMError('bad-argument', 'input.0.prefix: a prefix needs a message before it that it answers.');
  }
  messages.pop();
  return content;
}
