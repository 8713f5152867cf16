/**
 * Prompts as pages write them, as messages of the protocol.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { Constraint, Message, ToolCall } from '../protocol/messages.ts';
import { describeConstraint, toJson, toJsonObject } from './constraint.ts';
import { domError } from './page-errors.ts';

export interface InputRules {
  /** Whether the last message may be the beginning of the answer. */
  prefix: boolean;
  /** What the session expects beside text: `tool-call`, `tool-response`. */
  types: ReadonlySet<string>;
  /** What errors call it. */
  path: string;
}
type Fields = Record<string, unknown>;

const ROLES = ['system', 'user', 'assistant'];
const MEDIA = ['image', 'audio'];

const bad = (message: string): LocalLLMError => new LocalLLMError('bad-argument', message);
const kindOf = (value: unknown): string => (value === null ? 'null' : typeof value);

/** @throws LocalLLMError bad-argument or not-supported, DOMException SyntaxError for a prefix where none may be */
export function readPrompt(input: unknown, rules: InputRules): Message[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  const given = listOf(input, rules.path, 'a string or an array of messages');
  if (given.length === 0) return [{ role: 'user', content: '' }];
  return given.flatMap((message, at) => {
    const path = `${rules.path}.${at}`;
    const fields = fieldsOf(message, path);
    if (fields['prefix'] === true && !(rules.prefix && at === given.length - 1 && fields['role'] === 'assistant')) {
      throw domError(
        'SyntaxError',
        `${path}.prefix: only the last message of a prompt may be a prefix, an assistant's.`,
      );
    }
    if (fields['role'] === 'system' && at > 0) {
      throw bad(`${path}.role: a system message must be the first of a session; this is message ${at + 1}.`);
    }
    return readMessage(fields, path, rules);
  });
}

/** The messages with the constraint told to the model: at the end of what the user says last. */
export function tellConstraint(messages: readonly Message[], constraint: Constraint): Message[] {
  const note = describeConstraint(constraint);
  const told = [...messages];
  const last = told.at(-1);
  const at = told.length - (last?.prefix ? 2 : 1);
  const before = told[at];
  if (before?.role === 'user') told[at] = { ...before, content: `${before.content}\n\n${note}` };
  else told.splice(at + 1, 0, { role: 'user', content: note });
  return told;
}

/** An array of what an iterable gives. @throws LocalLLMError bad-argument */
export function listOf(value: unknown, path: string, expected: string): unknown[] {
  const iterable = typeof value === 'object' && value !== null && Symbol.iterator in value;
  if (!iterable) throw bad(`${path}: expected ${expected} but received ${kindOf(value)}`);
  return [...(value as Iterable<unknown>)];
}

/** @throws LocalLLMError bad-argument for what is no object */
export function fieldsOf(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null) return value as Fields;
  throw bad(`${path}: expected an object but received ${kindOf(value)}`);
}

/** @throws LocalLLMError bad-argument for what is no string */
export function stringOf(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw bad(`${path}: expected a string but received ${kindOf(value)}`);
}

function readMessage(fields: Fields, path: string, rules: InputRules): Message[] {
  const { role, content, prefix } = fields;
  if (!ROLES.includes(role as string)) {
    throw bad(`${path}.role: expected ${ROLES.join(', ')} but received ${String(role)}`);
  }
  const message: Message = { role: role as Message['role'], content: '' };
  if (prefix === true) message.prefix = true;
  if (typeof content === 'string') return [{ ...message, content }];
  const toolCalls: ToolCall[] = [];
  const replies: Message[] = [];
  for (const [at, part] of listOf(content, `${path}.content`, 'a string or an array').entries()) {
    const place = `${path}.content.${at}`;
    const { type, value } = fieldsOf(part, place);
    if (type === 'text') message.content += stringOf(value, `${place}.value`);
    else if (type === 'tool-call' || type === 'tool-response') {
      expectType(type, role as string, place, rules);
      if (type === 'tool-call') toolCalls.push(readCall(fieldsOf(value, `${place}.value`), `${place}.value`));
      else replies.push(readReply(fieldsOf(value, `${place}.value`), `${place}.value`));
    } else if (MEDIA.includes(type as string)) throw unsupported(`${place}.type`, String(type));
    else throw bad(`${place}.type: expected text, tool-call or tool-response but received ${String(type)}`);
  }
  if (toolCalls.length > 0) message.toolCalls = toolCalls;
  // Results alone are no message of the user.
  return replies.length > 0 && message.content === '' ? replies : [...replies, message];
}

function expectType(type: 'tool-call' | 'tool-response', role: string, place: string, rules: InputRules): void {
  const speaker = type === 'tool-call' ? 'assistant' : 'user';
  if (role !== speaker) throw bad(`${place}.type: ${type} belongs in a message of the ${speaker}, not of the ${role}.`);
  if (rules.types.has(type)) return;
  const message = `${place}.type: create the session with expectedInputs: [{ type: '${type}' }] to send ${type}.`;
  throw new LocalLLMError('not-supported', message);
}

function readCall(value: Fields, path: string): ToolCall {
  const call: ToolCall = {
    id: stringOf(value['callId'], `${path}.callId`),
    name: stringOf(value['name'], `${path}.name`),
    arguments: toJsonObject(value['arguments'] ?? {}, `${path}.arguments`),
  };
  return call;
}

function readReply(value: Fields, path: string): Message {
  const reply = { role: 'tool', toolCallId: stringOf(value['callId'], `${path}.callId`) } as const;
  const { errorMessage, result } = value;
  if (errorMessage !== undefined) {
    return { ...reply, content: `Error: ${stringOf(errorMessage, `${path}.errorMessage`)}` };
  }
  const parts = listOf(result, `${path}.result`, 'an array').map((part, at) => {
    const place = `${path}.result.${at}`;
    const { type, value: given } = fieldsOf(part, place);
    if (type === 'text') return stringOf(given, `${place}.value`);
    if (type === 'object') return toJson(given, `${place}.value`);
    if (MEDIA.includes(type as string)) throw unsupported(`${place}.type`, String(type));
    throw bad(`${place}.type: expected text or object but received ${String(type)}`);
  });
  return { ...reply, content: parts.join('\n') };
}

function unsupported(path: string, type: string): LocalLLMError {
  return new LocalLLMError('not-supported', `${path}: this model takes text, no ${type}. Leave it out.`);
}
