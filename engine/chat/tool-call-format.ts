/**
 * How a model writes calls of functions: told by its chat template, which shows it.
 *
 * @module
 */

/**
 * - `hermes`: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, any number, within text (Qwen, Hermes, SmolLM3).
 * - `llama-3`: `{"name": …, "parameters": {…}}` as the whole answer, perhaps after `<|python_tag|>`.
 * - `mistral-list`: `[TOOL_CALLS][{"name": …, "arguments": {…}}, …]` at the end of the answer.
 * - `mistral-args`: `[TOOL_CALLS]name[ARGS]{…}`, any number, at the end of the answer.
 */
export type ToolCallFormat = 'hermes' | 'llama-3' | 'mistral-list' | 'mistral-args';

/** The format that a template's source shows; `hermes`, the most common, where it shows none that is known. */
export function toolCallFormat(source: string): ToolCallFormat {
  if (source.includes('[TOOL_CALLS]')) return source.includes('[ARGS]') ? 'mistral-args' : 'mistral-list';
  if (source.includes('<tool_call>')) return 'hermes';
  return source.includes('<|python_tag|>') || source.includes('<|start_header_id|>') ? 'llama-3' : 'hermes';
}

/** What begins a call, or parts a call's name from what it is given. */
export const TOOL_MARKS = {
  hermes: { begin: '<tool_call>', arguments: '' },
  'llama-3': { begin: '<|python_tag|>', arguments: '' },
  'mistral-list': { begin: '[TOOL_CALLS]', arguments: '' },
  'mistral-args': { begin: '[TOOL_CALLS]', arguments: '[ARGS]' },
} as const satisfies Record<ToolCallFormat, { begin: string; arguments: string }>;

/** What ends a Hermes call. */
export const HERMES_END = '</tool_call>';

/**
 * Marks as they stand in an answer while it is read. One that is a control token of the vocabulary is a character that no text holds:
 * a model cannot write it in letters.
 */
export interface ToolMarks {
  format: ToolCallFormat;
  begin: string;
  arguments: string;
  /** Characters that stand for control tokens, by the tokens' ids. */
  tokens: ReadonlyMap<number, string>;
}

/** The first of the characters, at the end of the last plane for private use, that stand for marks. */
export const FIRST_MARK = 0x10fff0;

/** @param controlId the id of the control token with a text, where there is one */
export function toolMarks(format: ToolCallFormat, controlId: (text: string) => number | undefined): ToolMarks {
  const tokens = new Map<number, string>();
  const mark = (text: string, at: number) => {
    const id = text === '' ? undefined : controlId(text);
    if (id === undefined) return text;
    const character = String.fromCodePoint(FIRST_MARK + at);
    tokens.set(id, character);
    return character;
  };
  const texts = TOOL_MARKS[format];
  return { format, begin: mark(texts.begin, 0), arguments: mark(texts.arguments, 1), tokens };
}
