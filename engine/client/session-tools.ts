/**
 * A session's tools: what the model is told of them, and running them.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { Message, Tool, ToolCall } from '../protocol/messages.ts';
import { unlessAborted } from './abort.ts';
import { toJsonObject } from './constraint.ts';
import { fieldsOf, listOf, stringOf } from './session-input.ts';

const { apply } = Reflect;
const { stringify } = JSON;
const { Promise } = globalThis;

type Execute = (args: Record<string, unknown>) => unknown;
export interface SessionTools {
  /** Undefined where there are none. */
  declared: Tool[] | undefined;
  /** By name; undefined where the page runs the tools itself. */
  execute: ReadonlyMap<string, Execute> | undefined;
}

const bad = (message: string): LocalLLMError => new LocalLLMError('bad-argument', message);

/** `openLoop`: the page expects tool calls as answers. @throws LocalLLMError bad-argument */
export function readTools(value: unknown, openLoop: boolean): SessionTools {
  const given = value === undefined ? [] : listOf(value, 'options.tools', 'an array');
  if (given.length === 0) return { declared: undefined, execute: undefined };
  const execute = new Map<string, Execute>();
  const names = new Set<string>();
  const declared = given.map((each, at) => {
    const path = `options.tools.${at}`;
    const fields = fieldsOf(each, path);
    const name = stringOf(fields['name'], `${path}.name`);
    if (names.has(name)) throw bad(`${path}.name: ${name} is the name of an earlier tool. Give each its own.`);
    names.add(name);
    const run = fields['execute'];
    if (typeof run === 'function') execute.set(name, (args) => apply(run, undefined, [args]) as unknown);
    else if (run !== undefined) throw bad(`${path}.execute: expected a function but received ${typeof run}`);
    const description = stringOf(fields['description'], `${path}.description`);
    return { name, description, parameters: toJsonObject(fields['inputSchema'], `${path}.inputSchema`) };
  });
  if (execute.size === names.size) return { declared, execute };
  if (execute.size > 0) throw bad('options.tools: give every tool an execute function, or none.');
  if (openLoop) return { declared, execute: undefined };
  throw bad(
    "options.tools: tools without execute need expectedOutputs: [{ type: 'tool-call' }], as prompts then answer with calls.",
  );
}

/** Runs what the model calls, all at once. Failures are told to the model, as text. */
export function runTools(tools: ReadonlyMap<string, Execute>, calls: readonly ToolCall[], signal: AbortSignal) {
  return unlessAborted(Promise.all(calls.map((call) => runTool(tools, call))), signal);
}

async function runTool(tools: ReadonlyMap<string, Execute>, call: ToolCall): Promise<Message> {
  let content: string;
  try {
    const execute = tools.get(call.name);
    if (!execute) throw new LocalLLMError('bad-argument', `There is no tool ${call.name}.`);
    const result = await execute(call.arguments);
    content = typeof result === 'string' ? result : (stringify(result) ?? 'null');
  } catch (error) {
    content = `Error: ${error instanceof Error ? error.message : String(error)}`;
  }
  return { role: 'tool', content, ...(call.id === undefined ? {} : { toolCallId: call.id }) };
}
