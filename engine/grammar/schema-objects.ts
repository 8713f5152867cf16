/**
 * Objects of a JSON Schema: their properties in the schema's order.
 *
 * @module
 */
import type { Ebnf } from './ebnf.ts';
import { literal } from './symbols.ts';
import { anyValue, colon, comma, space, stringExcept } from './json-values.ts';
import { type Convert, isObject, type SchemaObject } from './schema-merge.ts';

interface Property {
  /** Name, colon and value. */
  pair: string;
  required: boolean;
}

/** Undefined where a required property accepts nothing. */
export function objectExpression(ebnf: Ebnf, schema: SchemaObject, path: string, convert: Convert): string | undefined {
  const given = isObject(schema['properties']) ? schema['properties'] : {};
  const required = new Set((schema['required'] as string[] | undefined) ?? []);
  const open = Object.keys(given).length === 0;
  const more = schema['additionalProperties'] ?? open;
  const missing = [...required].filter((name) => !Object.hasOwn(given, name));
  const entries = [
    ...Object.entries(given),
    ...missing.map((name) => [name, schema['additionalProperties'] ?? true] as const),
  ];
  const properties: Property[] = [];
  for (const [name, inner] of entries) {
    const value = inner === true ? anyValue(ebnf) : convert(inner, `${path}/properties/${name}`);
    if (value === undefined && required.has(name)) return undefined;
    if (value === undefined) continue;
    properties.push({ pair: `${literal(JSON.stringify(name))} ${colon(ebnf)} ${value}`, required: required.has(name) });
  }
  const moreValue =
    more === false ? undefined : more === true ? anyValue(ebnf) : convert(more, `${path}/additionalProperties`);
  const names = entries.map(([name]) => name);
  const other = moreValue && ebnf.rule('other_pair', `${stringExcept(ebnf, names)} ${colon(ebnf)} ${moreValue}`);
  return `"{" ${space(ebnf)} ${members(ebnf, properties, other)} "}"`;
}

/** Properties in order, those that are not required or not, then any number of others; commas between them. */
function members(ebnf: Ebnf, properties: readonly Property[], other: string | undefined): string {
  const s = space(ebnf);
  let tail = other === undefined ? s : ebnf.rule('tail', `${ebnf.repeat(`${comma(ebnf)} ${other}`, 0)} ${s}`); // after a property
  let head = other === undefined ? '""' : ebnf.rule('head', `"" | ${other} ${tail}`); // before any
  for (const { pair, required } of properties.toReversed()) {
    const named = ebnf.rule('pair', pair);
    head = required ? `${named} ${tail}` : ebnf.rule('head', `${named} ${tail} | ${head}`);
    tail = required
      ? ebnf.rule('tail', `${comma(ebnf)} ${named} ${tail}`)
      : ebnf.rule('tail', `(${comma(ebnf)} ${named})? ${tail}`);
  }
  return head;
}
