/**
 * Strings of a JSON Schema.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import { patternRule } from './automaton.ts';
import { inJson } from './char-set.ts';
import type { Ebnf } from './ebnf.ts';
import { stringOf } from './json-values.ts';
import { sequence, text, textsWith } from './pattern.ts';
import { parseRegExp } from './regexp-parser.ts';
import type { SchemaObject } from './schema-merge.ts';

const DATE = String.raw`\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))`;
const TIME = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)`;
const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?';

/** Formats that are kept to; others are annotations, as the standard has it. Some of what each allows. */
const FORMATS: Readonly<Record<string, string>> = {
  date: `^${DATE}$`,
  time: `^${TIME}$`,
  'date-time': `^${DATE}T${TIME}$`,
  uuid: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  ipv4: String.raw`^${BYTE}(?:\.${BYTE}){3}$`,
  email: String.raw`^[A-Za-z0-9_+-]{1,32}(?:\.[A-Za-z0-9_+-]{1,32}){0,3}@${LABEL}(?:\.${LABEL}){0,3}\.[A-Za-z]{2,12}$`,
};

/** @throws LocalLLMError bad-argument, not-supported */
export function stringExpression(ebnf: Ebnf, schema: SchemaObject, path: string): string | undefined {
  const low = (schema['minLength'] as number | undefined) ?? 0;
  const high = (schema['maxLength'] as number | undefined) ?? Number.POSITIVE_INFINITY;
  if (low > high) return undefined;
  const format = schema['format'];
  const known = typeof format === 'string' && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  const source = (schema['pattern'] as string | undefined) ?? known;
  if (source === undefined) return stringOf(ebnf, low, high);
  const texts = textsWith(parseRegExp(source, 'u'), low, high);
  const rule = texts && patternRule(ebnf, sequence(text('"'), texts, text('"')), inJson);
  if (rule === undefined) {
    throw new LocalLLMError(
      'not-supported',
      `The schema at ${path} has the pattern ${quoted(source)} with minLength ${low} and maxLength ${high}: no text is found that has both. Put the length into the pattern.`,
    );
  }
  return rule;
}
