/**
 * Questions, titles, and what of a conversation the model is shown.
 *
 * @module
 */
import type { GenerateParams, Message } from '../../../engine/protocol/messages.ts';
import type { Attachment, ChatMessage, ChatSettings, ConversationRecord } from '../history/records.ts';
import { splitThoughts } from './thoughts.ts';

const TITLE_CHARS = 60;

/** The first line of the first question, cut at a word; the name of what is attached where nothing is asked. */
export function titleOf(text: string, attachments: readonly Attachment[] = []): string {
  const line = text.trim().split('\n', 1)[0]!.trim() || attachments[0]?.name || '';
  const characters = Array.from(line);
  if (characters.length <= TITLE_CHARS) return line || 'New chat';
  const cut = characters.slice(0, TITLE_CHARS).join('');
  const space = cut.lastIndexOf(' ');
  return `${space > TITLE_CHARS / 2 ? cut.slice(0, space) : cut}…`;
}

/** With a title that a person wrote; an empty one: made of the first question again, where that is known. */
export function titled(conversation: ConversationRecord, title: string, first?: ChatMessage): ConversationRecord {
  const written = title.trim();
  if (written !== '') return { ...conversation, title: written, titledBy: 'person' };
  return first
    ? { ...conversation, title: titleOf(first.text, first.attachments), titledBy: 'question' }
    : conversation;
}

/** The one that a question begins. */
export function makeConversation(
  { text, attachments, createdMs }: ChatMessage,
  settings: ChatSettings,
): ConversationRecord {
  const title = titleOf(text, attachments);
  return { id: crypto.randomUUID(), title, titledBy: 'question', createdMs, updatedMs: createdMs, settings };
}

export function makeQuestion(parent: string | null, text: string, attachments: readonly Attachment[]): ChatMessage {
  const id = crypto.randomUUID();
  const question: ChatMessage = { id, parent, role: 'user', text, createdMs: Date.now(), status: 'complete' };
  return attachments.length > 0 ? { ...question, attachments } : question;
}

/** The branch for the model: earlier questions that got no answer at all are left out, the last one never is. */
export function promptOf(messages: readonly ChatMessage[]): Message[] {
  const prompt: Message[] = [];
  messages.forEach((message, position) => {
    const content = contentOf(message);
    if (content === '') return;
    if (message.role === 'user') {
      const next = messages[position + 1];
      if (next && (next.role === 'user' || contentOf(next) === '')) return;
    }
    prompt.push({ role: message.role, content });
  });
  return prompt;
}

/** Earlier thoughts are not shown to a model again: their makers say so, and they would fill its context. */
function contentOf({ role, text, attachments = [] }: ChatMessage): string {
  if (role === 'assistant') {
    const { answer } = splitThoughts(text);
    return answer.trim() === '' ? '' : answer;
  }
  return [...attachments.map(fenced), ...(text.trim() === '' ? [] : [text])].join('\n\n');
}

/** A text between fences that nothing in it can close. */
function fenced({ name, text }: Attachment): string {
  const longest = text.match(/`+/g)?.reduce((most, run) => Math.max(most, run.length), 0) ?? 0;
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `File ${JSON.stringify(name)}:\n${fence}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}`;
}

/** What of a chat's settings goes along with a request. */
export function optionsOf({ system, ...options }: ChatSettings): GenerateParams {
  return system === undefined || system.trim() === '' ? options : { ...options, system };
}
