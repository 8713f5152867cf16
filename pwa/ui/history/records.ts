/**
 * What is kept of chats.
 *
 * @module
 */
import type { ErrorData } from '../../../engine/protocol/errors.ts';
import type { GenerateParams, GenerateResult } from '../../../engine/protocol/messages.ts';

/** What a person set for one chat; what is absent is as the model's own settings have it. */
export type ChatSettings = Pick<
  GenerateParams,
  'system' | 'temperature' | 'topP' | 'topK' | 'minP' | 'repetitionPenalty' | 'maxTokens' | 'seed' | 'thinking'
>;

/** A text that goes along with a question. */
export interface Attachment {
  /** On one line. */
  name: string;
  text: string;
}

export interface ConversationRecord {
  id: string;
  title: string;
  /** 'question': made of the first one, as long as nobody wrote a better one. */
  titledBy: 'question' | 'person';
  createdMs: number;
  updatedMs: number;
  /** The message that the shown branch ends with. */
  leaf?: string;
  settings?: ChatSettings;
}

/** One message. Those with the same parent are versions of each other: an edited question, an answer that was asked for again. */
export interface ChatMessage {
  /** One of its kind in its conversation. */
  id: string;
  /** What it follows; null: it begins the conversation. */
  parent: string | null;
  role: 'user' | 'assistant';
  text: string;
  attachments?: readonly Attachment[];
  createdMs: number;
  status: 'complete' | 'streaming' | 'stopped' | 'failed';
  error?: ErrorData;
  finishReason?: GenerateResult['finishReason'];
  completionTokens?: number;
  tokensPerSecond?: number;
  /** The name of the model that wrote it. */
  model?: string;
}

export interface MessageRecord extends ChatMessage {
  conversationId: string;
}

/** A conversation with all of its branches. */
export interface WholeChat {
  conversation: ConversationRecord;
  messages: readonly ChatMessage[];
}
