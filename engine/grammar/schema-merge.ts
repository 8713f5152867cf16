/**
 * JSON Schemas that have to hold at once, as one.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';

export type Schema = boolean | SchemaObject;
export interface SchemaObject {
  readonly [keyword: string]: unknown;
}

/** The name of a rule for a subschema, or an expression; undefined where it accepts nothing. */
export type Convert = (schema: unknown, path: string) => string | undefined;

export const isObject = (value: unknown): value is SchemaObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What says nothing about a value. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$anchor',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
]);

const larger = (a: unknown, b: unknown) => Math.max(a as number, b as number);
const smaller = (a: unknown, b: unknown) => Math.min(a as number, b as number);

const COMBINE: Readonly<Record<string, (a: unknown, b: unknown) => unknown>> = {
  minimum: larger,
  exclusiveMinimum: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  minLength: larger,
  maxLength: smaller,
  minItems: larger,
  maxItems: smaller,
  required: (a, b) => [...new Set([...(a as string[]), ...(b as string[])])],
  properties: (a, b) => mergeProperties(a as SchemaObject, b as SchemaObject),
  items: (a, b) => ({ allOf: [a, b] }),
  type: (a, b) => commonTypes(a, b),
  enum: (a, b) => (a as unknown[]).filter((value) => (b as unknown[]).some((other) => same(value, other))),
};

export const same = (a: unknown, b: unknown): boolean => sortedJson(a) === sortedJson(b);

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

function mergeProperties(a: SchemaObject, b: SchemaObject): SchemaObject {
  const merged = new Map(Object.entries(a));
  for (const [name, schema] of Object.entries(b)) {
    merged.set(name, merged.has(name) ? { allOf: [merged.get(name), schema] } : schema);
  }
  return Object.fromEntries(merged);
}

export function typesOf(type: unknown): string[] {
  return Array.isArray(type) ? (type as string[]) : [type as string];
}

function commonTypes(a: unknown, b: unknown): string[] {
  const [first, second] = [typesOf(a), typesOf(b)];
  const has = (types: string[], type: string) =>
    types.includes(type) || (type === 'integer' && types.includes('number'));
  return [...new Set([...first.filter((type) => has(second, type)), ...second.filter((type) => has(first, type))])];
}

/** Both at once. @throws LocalLLMError not-supported for keywords that cannot be joined */
export function merge(a: Schema, b: Schema, path: string): Schema {
  if (a === true || b === false) return b;
  if (b === true || a === false) return a;
  const merged = new Map(Object.entries(a));
  if (closes(a, b) || closes(b, a)) {
    throw new LocalLLMError(
      'not-supported',
      `The schema at ${path} joins one with additionalProperties to one with other properties, which cannot be enforced. Write it as one object.`,
    );
  }
  for (const [keyword, value] of Object.entries(b)) {
    const own = merged.get(keyword);
    if (own === undefined || ANNOTATIONS.has(keyword)) merged.set(keyword, own ?? value);
    else if (!same(own, value)) merged.set(keyword, combined(keyword, own, value, path));
  }
  return Object.fromEntries(merged);
}

function combined(keyword: string, a: unknown, b: unknown, path: string): unknown {
  const combine = Object.hasOwn(COMBINE, keyword) ? COMBINE[keyword] : undefined;
  if (combine) return combine(a, b);
  throw new LocalLLMError(
    'not-supported',
    `The schema at ${path} has ${quoted(keyword)} twice, joined by allOf or $ref, which cannot be enforced. Write it once.`,
  );
}

/** Whether `a` has a say about properties that only `b` names. */
function closes(a: SchemaObject, b: SchemaObject): boolean {
  const { additionalProperties: more } = a;
  if (more === undefined || more === true) return false;
  const own = isObject(a['properties']) ? a['properties'] : {};
  const others = isObject(b['properties']) ? Object.keys(b['properties']) : [];
  return others.some((name) => !Object.hasOwn(own, name));
}
