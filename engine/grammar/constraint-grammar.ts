/**
 * What an answer is held to, as the text of a grammar. Runs where it may be stopped: a schema or pattern can be made to take long.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import type { Constraint } from '../protocol/messages.ts';
import { patternRule } from './automaton.ts';
import { asText } from './char-set.ts';
import { Ebnf } from './ebnf.ts';
import { wholeMatch } from './pattern.ts';
import { parseRegExp } from './regexp-parser.ts';
import { schemaRule } from './schema-grammar.ts';
import { type ToolGrammar, toolExpressions } from './tool-grammar.ts';

/** Characters of a schema as JSON. */
const MAX_SCHEMA_CHARS = 1 << 16;

/** What is asked of an answer: to fit the constraint, or to call one of the tools; at least one of both. */
export interface AnswerRules {
  constraint?: Constraint;
  tools?: ToolGrammar;
}

/** @throws LocalLLMError bad-argument, not-supported */
export function grammarText({ constraint, tools }: AnswerRules): string {
  const ebnf = new Ebnf();
  const held = constraint && constraintExpression(ebnf, constraint);
  if (!tools) return ebnf.text(held!);
  const { calls, callsOrText } = toolExpressions(ebnf, tools, (schema) => schemaRule(ebnf, checkedSize(schema)));
  return ebnf.text(held === undefined ? callsOrText : `${ebnf.rule('held', held)} | ${ebnf.rule('calls', calls)}`);
}

function constraintExpression(ebnf: Ebnf, constraint: Constraint): string {
  // Some vocabularies begin every text with a space, which is JSON's white space.
  if (constraint.type === 'json-schema') return `" "? ${schemaRule(ebnf, checkedSize(constraint.schema))}`;
  const { source, flags } = constraint;
  const rule = patternRule(ebnf, wholeMatch(parseRegExp(source, flags)), asText);
  if (rule !== undefined) return rule;
  throw new LocalLLMError(
    'bad-argument',
    `Nothing that can be written matches /${quoted(source)}/${flags}. Correct it.`,
  );
}

function checkedSize<T>(schema: T): T {
  const chars = JSON.stringify(schema).length;
  if (chars <= MAX_SCHEMA_CHARS) return schema;
  throw new LocalLLMError(
    'bad-argument',
    `The schema has ${chars} characters as JSON; at most ${MAX_SCHEMA_CHARS} are possible. Make it smaller.`,
  );
}
