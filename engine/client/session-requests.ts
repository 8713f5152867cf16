/**
 * Chats that are not questions yet, put to the engine ahead of the next prompt.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { Measure, Message } from '../protocol/messages.ts';
import type { ClientGenerateOptions, PageClient } from './page-client.ts';

/** Some templates take no chat without a question in it: then with an empty one. */
export async function measure(
  client: PageClient,
  messages: Message[],
  options: ClientGenerateOptions,
  onProgress?: (fraction: number) => void,
): Promise<Measure> {
  const question: Message = { role: 'user', content: '' };
  if (messages.length === 0) return client.measure([question], options, onProgress);
  try {
    return await client.measure(messages, options, onProgress);
  } catch (error) {
    if (!isTemplateError(error)) throw error;
    return client.measure([...messages, question], options);
  }
}

/** Ahead of time, where the template takes the messages so far. */
export async function prefill(client: PageClient, messages: Message[], options: ClientGenerateOptions): Promise<void> {
  try {
    await client.prefill(messages, options);
  } catch (error) {
    if (!isTemplateError(error)) throw error;
  }
}

const isTemplateError = (error: unknown): boolean => error instanceof LocalLLMError && error.code === 'template';
