/**
 * Function calls in an answer, as Qwen and Hermes models write them.
 *
 * @module
 */
import type { ToolCall } from '../protocol/messages.ts';

/** What begins a call; an answer's text from here on is not shown as it streams. */
export const TOOL_CALL_MARK = '<tool_call>';
const END_MARK = '</tool_call>';

/** The call that this JSON text states, undefined when it states none. */
function parseCall(json: string): ToolCall | undefined {
  try {
    const call: unknown = JSON.parse(json);
    if (!isRecord(call) || typeof call['name'] !== 'string' || call['name'] === '') return undefined;
    let given: unknown = call['arguments'] ?? call['parameters'] ?? {};
    if (typeof given === 'string') given = JSON.parse(given);
    return isRecord(given) ? { name: call['name'], arguments: given } : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Takes `<tool_call>{"name": …, "arguments": {…}}</tool_call>` out of an answer. The last end mark may be missing, as
 * when generation ended there. What is no sound call stays in `content`.
 */
export function parseToolCalls(text: string): { content: string; toolCalls: ToolCall[] } {
  const toolCalls: ToolCall[] = [];
  let content = '';
  let rest = 0;
  let end = text.indexOf(END_MARK);
  for (;;) {
    const start = text.indexOf(TOOL_CALL_MARK, rest);
    if (start < 0) break;
    const body = start + TOOL_CALL_MARK.length;
    if (end >= 0 && end < body) end = text.indexOf(END_MARK, body);
    const stop = end < 0 ? text.length : end;
    // A call that another begins within is broken; looking no further keeps this linear.
    const next = text.indexOf(TOOL_CALL_MARK, body);
    const call = next >= 0 && next < stop ? undefined : parseCall(text.slice(body, stop));
    if (call === undefined) {
      // Past the mark only: another call may begin before this one's end mark.
      content += text.slice(rest, body);
      rest = body;
      continue;
    }
    content += text.slice(rest, start);
    toolCalls.push(call);
    rest = end < 0 ? text.length : end + END_MARK.length;
    // The line break that parts calls belongs to neither.
    while (rest < text.length && (text[rest] === '\n' || text[rest] === '\r')) rest++;
  }
  return { content: content + text.slice(rest), toolCalls };
}
