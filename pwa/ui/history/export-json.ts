/**
 * Chats as a JSON file: everything that is kept of them, all branches included.
 *
 * @module
 */
import type { ChatMessage, ChatSettings, ConversationRecord, WholeChat } from './records.ts';

export const FORMAT = 'localllm-chat';
/** Of the file. A reader refuses what is newer. */
export const FORMAT_VERSION = 1;

/** In the file's order; what the format does not have stays out of it. */
const CHAT_KEYS = Object.keys({
  id: true,
  title: true,
  titledBy: true,
  createdMs: true,
  updatedMs: true,
  leaf: true,
  settings: true,
} satisfies Record<keyof ConversationRecord, true>);
const SETTINGS_KEYS = Object.keys({
  system: true,
  temperature: true,
  topP: true,
  topK: true,
  minP: true,
  repetitionPenalty: true,
  maxTokens: true,
  seed: true,
  thinking: true,
} satisfies Record<keyof ChatSettings, true>);
const MESSAGE_KEYS = Object.keys({
  id: true,
  parent: true,
  role: true,
  text: true,
  attachments: true,
  createdMs: true,
  status: true,
  error: true,
  finishReason: true,
  completionTokens: true,
  tokensPerSecond: true,
  model: true,
} satisfies Record<keyof ChatMessage, true>);

export function toJson(chats: readonly WholeChat[]): string {
  const file = {
    format: FORMAT,
    version: FORMAT_VERSION,
    chats: chats.map(({ conversation, messages }) => ({
      ...inOrder(conversation, CHAT_KEYS),
      ...(conversation.settings && { settings: inOrder(conversation.settings, SETTINGS_KEYS) }),
      messages: messages.map((message) => inOrder(message, MESSAGE_KEYS)),
    })),
  };
  return `${JSON.stringify(file, leaveOut, 1)}\n`;
}

function inOrder(record: object, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, (record as Record<string, unknown>)[key]]));
}

/** JSON has no infinity: a speed that could not be measured is left out. */
function leaveOut(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
}
