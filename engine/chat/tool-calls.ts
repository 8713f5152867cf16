/**
 * Function calls in an answer.
 *
 * @module
 */
import type { ToolCall } from '../protocol/messages.ts';
import { HERMES_END, type ToolMarks } from './tool-call-format.ts';

export interface ParsedAnswer {
  /** What is no call. */
  content: string;
  toolCalls: ToolCall[];
}

/** The call that this value states, undefined when it states none. */
function callOf(call: unknown): ToolCall | undefined {
  if (!isRecord(call) || typeof call['name'] !== 'string' || call['name'] === '') return undefined;
  let given: unknown = call['arguments'] ?? call['parameters'] ?? {};
  if (typeof given === 'string') given = parsed(given);
  if (!isRecord(given)) return undefined;
  const id = typeof call['id'] === 'string' && call['id'] !== '' ? { id: call['id'] } : {};
  return { ...id, name: call['name'], arguments: given };
}

/** The value of a JSON text, undefined where it is none. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where a call may have begun, -1 where none has: from there on an answer is not shown while it streams. */
export function callBegin(text: string, { format, begin }: Pick<ToolMarks, 'format' | 'begin'>): number {
  if (format === 'llama-3') return text.startsWith('{') || text.startsWith(begin) ? 0 : -1;
  return text.indexOf(begin);
}

const ID_CHARS = 'abcdefghijklmnopqrstuvwxyz0123456789';
/** Templates of Mistral's models ask for ids of just this length. */
const ID_LENGTH = 9;

/** A new name for a call that the model gave none. */
export function newCallId(): string {
  const random = crypto.getRandomValues(new Uint8Array(ID_LENGTH));
  return Array.from(random, (byte) => ID_CHARS[byte % ID_CHARS.length]).join('');
}

/** Takes the calls out of an answer. What is no sound call stays in `content`. */
export function parseToolCalls(text: string, marks: Pick<ToolMarks, 'format' | 'begin' | 'arguments'>): ParsedAnswer {
  const found = parseFormat(text, marks);
  if (found && found.toolCalls.length > 0) return found;
  return { content: text, toolCalls: [] };
}

function parseFormat(text: string, marks: Pick<ToolMarks, 'format' | 'begin' | 'arguments'>): ParsedAnswer | undefined {
  switch (marks.format) {
    case 'hermes':
      return parseHermes(text, marks.begin);
    case 'llama-3': {
      const call = callOf(parsed(text.startsWith(marks.begin) ? text.slice(marks.begin.length) : text));
      return call && { content: '', toolCalls: [call] };
    }
    case 'mistral-list': {
      const at = text.indexOf(marks.begin);
      const list = at < 0 ? undefined : parsed(text.slice(at + marks.begin.length));
      const calls = Array.isArray(list) ? list.map(callOf) : [undefined];
      return calls.includes(undefined) ? undefined : { content: text.slice(0, at), toolCalls: calls as ToolCall[] };
    }
    case 'mistral-args':
      return parseNamed(text, marks);
  }
}

/** `[TOOL_CALLS]name[ARGS]{…}`, any number, to the end. */
function parseNamed(text: string, marks: Pick<ToolMarks, 'begin' | 'arguments'>): ParsedAnswer | undefined {
  const first = text.indexOf(marks.begin);
  const toolCalls: ToolCall[] = [];
  for (let at = first; at >= 0 && at < text.length;) {
    const given = text.indexOf(marks.arguments, at);
    const body = given + marks.arguments.length;
    const end = given < 0 || !text.startsWith(marks.begin, at) ? undefined : objectEnd(text, body);
    const name = text.slice(at + marks.begin.length, given).trim();
    const call = end === undefined ? undefined : callOf({ name, arguments: parsed(text.slice(body, end)) ?? '' });
    if (call === undefined) return undefined;
    toolCalls.push(call);
    at = end!;
  }
  return { content: text.slice(0, first), toolCalls };
}

/** Where the JSON object ends that begins at `from`; undefined where none begins, the text's length where it does not end. */
function objectEnd(text: string, from: number): number | undefined {
  if (text[from] !== '{') return undefined;
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    } else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}

const SPACE = /\s*/y;
function skipSpace(text: string, from: number): number {
  SPACE.lastIndex = from;
  return from + SPACE.exec(text)![0].length;
}

/**
 * Takes `<tool_call>{"name": …, "arguments": {…}}</tool_call>` out of an answer. The last end mark may be missing, as
 * when generation ended there.
 */
function parseHermes(text: string, begin: string): ParsedAnswer {
  const toolCalls: ToolCall[] = [];
  let content = '';
  let rest = 0;
  for (;;) {
    const start = text.indexOf(begin, rest);
    if (start < 0) break;
    const body = skipSpace(text, start + begin.length);
    const end = objectEnd(text, body);
    const call = end === undefined ? undefined : callOf(parsed(text.slice(body, end)));
    const after = end === undefined ? body : skipSpace(text, end);
    const closed = after === text.length || text.startsWith(HERMES_END, after);
    if (call === undefined || !closed) {
      if (end === text.length) break; // not ended: what else begins is within it
      // Past the mark only: another call may begin before this one's end mark.
      const past = start + begin.length;
      content += text.slice(rest, past);
      rest = past;
      continue;
    }
    content += text.slice(rest, start);
    toolCalls.push(call);
    rest = Math.min(text.length, after + HERMES_END.length);
    // The line break that parts calls belongs to neither.
    while (rest < text.length && (text[rest] === '\n' || text[rest] === '\r')) rest++;
  }
  return { content: content + text.slice(rest), toolCalls };
}
