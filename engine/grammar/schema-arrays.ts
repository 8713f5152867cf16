/**
 * Arrays of a JSON Schema.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { Ebnf } from './ebnf.ts';
import { anyValue, comma, space } from './json-values.ts';
import type { Convert, SchemaObject } from './schema-merge.ts';

/** More items than this by number make grammars that take too long. */
const MAX_ITEMS = 10_000;

/** Undefined where no array fits. */
export function arrayExpression(ebnf: Ebnf, schema: SchemaObject, path: string, convert: Convert): string | undefined {
  const { items } = schema;
  const old = Array.isArray(items); // as drafts before 2020-12 have it
  const prefix = (old ? items : (schema['prefixItems'] as unknown[] | undefined)) ?? [];
  const rest = (old ? schema['additionalItems'] : items) ?? true;
  const low = (schema['minItems'] as number | undefined) ?? 0;
  let high = (schema['maxItems'] as number | undefined) ?? Number.POSITIVE_INFINITY;
  if (Math.max(low, Number.isFinite(high) ? high : 0) > MAX_ITEMS) {
    throw new LocalLLMError(
      'not-supported',
      `The schema at ${path} counts more than ${MAX_ITEMS} items. Leave the limit out or lower it.`,
    );
  }
  const first: string[] = [];
  for (const [at, item] of prefix.slice(0, high).entries()) {
    const value = convert(item, `${path}/prefixItems/${at}`);
    if (value === undefined) high = Math.min(high, at);
    if (value === undefined) break;
    first.push(value);
  }
  const other = rest === false ? undefined : rest === true ? anyValue(ebnf) : convert(rest, `${path}/items`);
  if (other === undefined) high = Math.min(high, first.length);
  if (low > high) return undefined;
  return `"[" ${space(ebnf)} ${elements(ebnf, first, other, low, high)} "]"`;
}

function elements(ebnf: Ebnf, first: readonly string[], other: string | undefined, low: number, high: number): string {
  const s = space(ebnf);
  const next = comma(ebnf);
  const least = (taken: number) => Math.max(0, low - taken);
  const most = (taken: number) => Math.max(0, high - taken);
  if (first.length === 0) {
    if (other === undefined || high === 0) return '""';
    const some = `${other} ${ebnf.repeat(`${next} ${other}`, least(1), most(1))} ${s}`;
    return low === 0 ? `(${some})?` : some;
  }
  // From the last one backwards: what may follow where so many have been taken.
  let tail =
    other === undefined ? s : `${ebnf.repeat(`${next} ${other}`, least(first.length), most(first.length))} ${s}`;
  for (let at = first.length - 1; at > 0; at--) {
    const more = `${next} ${first[at]!} ${tail}`;
    tail = ebnf.rule('items', low > at ? more : `(${more}) | ${s}`);
  }
  const some = `${first[0]!} ${tail}`;
  return low === 0 ? `(${some})?` : some;
}
