/**
 * Calls of tools as grammars: a call that has begun names one of the tools and fits its schema.
 *
 * @module
 */
import { FIRST_MARK, HERMES_END, type ToolMarks } from '../chat/tool-call-format.ts';
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import type { Tool } from '../protocol/messages.ts';
import { ALL, asText, charsOf, difference } from './char-set.ts';
import { patternRule } from './automaton.ts';
import type { Ebnf } from './ebnf.ts';
import { comma } from './json-values.ts';
import { choice, EMPTY, type Pattern, repeated, sequence } from './pattern.ts';
import { literal } from './symbols.ts';
import type { Schema } from './schema-merge.ts';

export interface ToolGrammar {
  tools: readonly Tool[];
  marks: Pick<ToolMarks, 'format' | 'begin' | 'arguments'>;
}

/** What may stand in a name that is written without quotation marks. */
const PLAIN_NAME = /^[\w.-]+$/;

interface ToolExpressions {
  /** One call or more, nothing else. */
  calls: string;
  /** Text in which calls may begin. */
  callsOrText: string;
}

/** @throws LocalLLMError bad-argument, not-supported: from `rule`, or for a name that the format cannot hold */
export function toolExpressions(
  ebnf: Ebnf,
  { tools, marks }: ToolGrammar,
  rule: (schema: Schema) => string,
): ToolExpressions {
  const each = (body: (tool: Tool, given: string) => string) =>
    ebnf.rule('call', tools.map((tool) => ebnf.rule('of', body(tool, argumentsRule(tool, rule)))).join(' | '));
  const named = (name: string, key: string) => literal(`{"name": ${JSON.stringify(name)}, "${key}": `);
  const begin = literal(marks.begin);
  const dispatch = (body: string, more: boolean) =>
    `TagDispatch((${begin}, ${body}), stop_eos=true, stop_str=(), loop_after_dispatch=${more})`;
  switch (marks.format) {
    case 'hermes': {
      const end = `"\\n"? ${literal(HERMES_END)}`;
      const body = each(({ name }, given) => `"\\n"? ${named(name, 'arguments')} ${given} "}" ${end}`);
      return {
        calls: `${begin} ${body} ${ebnf.repeat(`"\\n"? ${begin} ${body}`, 0)}`,
        callsOrText: dispatch(body, true),
      };
    }
    case 'llama-3': {
      const body = each(({ name }, given) => `${named(name, 'parameters')} ${given} "}"`);
      const calls = marks.begin.codePointAt(0)! >= FIRST_MARK ? `${begin}? ${body}` : body;
      // Whatever begins with a brace is a call.
      const any = repeated({ type: 'chars', set: ALL }, 0, Number.POSITIVE_INFINITY);
      const others: Pattern = { type: 'chars', set: difference(ALL, charsOf('{')) };
      const text = patternRule(ebnf, choice(EMPTY, sequence(others, any)), asText)!;
      return { calls: ebnf.rule('calls', calls), callsOrText: `${ebnf.rule('calls', calls)} | ${text}` };
    }
    case 'mistral-list': {
      const id = `(", \\"id\\": \\"" [a-zA-Z0-9]{9} "\\"")?`;
      const body = each(({ name }, given) => `${named(name, 'arguments')} ${given} ${id} "}"`);
      const list = ebnf.rule('calls', `" "? "[" ${body} ${ebnf.repeat(`${comma(ebnf)} ${body}`, 0)} "]"`);
      return { calls: `${begin} ${list}`, callsOrText: dispatch(list, false) };
    }
    case 'mistral-args': {
      const body = each((tool, given) => `${literal(plainName(tool))} ${literal(marks.arguments)} ${given}`);
      const calls = ebnf.rule('calls', `${body} ${ebnf.repeat(`${begin} ${body}`, 0)}`);
      return { calls: `${begin} ${calls}`, callsOrText: dispatch(calls, false) };
    }
  }
}

function plainName({ name }: Tool): string {
  if (PLAIN_NAME.test(name)) return name;
  throw new LocalLLMError(
    'bad-argument',
    `tools: this model cannot call ${quoted(name)}; names have letters, digits, "_", "-" and "." only.`,
  );
}

function argumentsRule({ name, parameters = {} }: Tool, rule: (schema: Schema) => string): string {
  const { type = 'object' } = parameters;
  if (type !== 'object') {
    throw new LocalLLMError(
      'bad-argument',
      `tools: the parameters of ${quoted(name)} have the type ${quoted(JSON.stringify(type))}; it has to be "object".`,
    );
  }
  // A tool without parameters gets none.
  const empty = parameters['properties'] === undefined && Object.keys(parameters).every((key) => key === 'type');
  try {
    return rule({ ...parameters, type, ...(empty ? { additionalProperties: false } : {}) });
  } catch (cause) {
    const { code, message } = LocalLLMError.from(cause);
    throw new LocalLLMError(code, `tools: the parameters of ${quoted(name)}: ${message}`, { cause });
  }
}
