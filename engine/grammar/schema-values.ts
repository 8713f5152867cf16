/**
 * The values that a JSON Schema is about: those that it lists, and whether two schemas can have any in common.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import { isObject, same, type Schema, type SchemaObject, typesOf } from './schema-merge.ts';

/** Keywords about values of one type. */
export const OBJECT = ['properties', 'required', 'additionalProperties'];
export const ARRAY = ['items', 'prefixItems', 'minItems', 'maxItems'];
export const STRING = ['minLength', 'maxLength', 'pattern', 'format'];
export const NUMBER = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];

export const hasAny = (schema: SchemaObject, keywords: readonly string[]) =>
  keywords.some((keyword) => schema[keyword] !== undefined);

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** The values that `enum` and `const` leave, undefined where there are neither. */
export function fixedValues(schema: SchemaObject, path: string): unknown[] | undefined {
  const { enum: list, const: one, type } = schema;
  if (list === undefined && one === undefined) return undefined;
  const other = [...OBJECT, ...ARRAY, ...STRING, ...NUMBER].find(
    (keyword) => schema[keyword] !== undefined && keyword !== 'format',
  );
  if (other !== undefined) {
    throw new LocalLLMError(
      'not-supported',
      `The schema at ${path} has ${quoted(other)} beside ${list === undefined ? 'const' : 'enum'}, which cannot be enforced. Leave it out.`,
    );
  }
  const values = list === undefined ? [one] : (list as unknown[]);
  return values.filter((value) => {
    const own = typeOfValue(value);
    const fits = type === undefined || typesOf(type).some((t) => t === own || (t === 'number' && own === 'integer'));
    return fits && (one === undefined || same(value, one));
  });
}

/** `oneOf` is `anyOf` where no value can fit two. @throws LocalLLMError not-supported */
export function requireDisjoint(a: readonly Schema[], b: readonly Schema[], path: string): void {
  if (a.every((one) => b.every((other) => disjoint(one, other, path)))) return;
  throw new LocalLLMError(
    'not-supported',
    `The schema at ${path} has a oneOf whose alternatives might fit at once, which cannot be enforced. Use anyOf, or give each a type or a required property with a const of its own.`,
  );
}

function disjoint(a: Schema, b: Schema, path: string): boolean {
  if (a === false || b === false) return true;
  if (a === true || b === true) return false;
  const [ours, theirs] = [fixedValues(a, path), fixedValues(b, path)];
  if (ours && theirs) return !ours.some((value) => theirs.some((other) => same(value, other)));
  const types = (schema: SchemaObject, values: unknown[] | undefined) =>
    values ? values.map(typeOfValue) : schema['type'] === undefined ? undefined : typesOf(schema['type']);
  const [first, second] = [types(a, ours), types(b, theirs)];
  if (!first || !second) return false;
  const wide = (type: string) => (type === 'integer' ? 'number' : type);
  const common = first.filter((type) => second.some((other) => wide(other) === wide(type)));
  if (common.length === 0) return true;
  return common.every((type) => type === 'object') && tellsApart(a, b, path);
}

/** Whether both require a property whose values differ. */
function tellsApart(a: SchemaObject, b: SchemaObject, path: string): boolean {
  const properties = (schema: SchemaObject) => (isObject(schema['properties']) ? schema['properties'] : {});
  const required = (schema: SchemaObject) => (schema['required'] as string[] | undefined) ?? [];
  return required(a).some((name) => {
    const [ours, theirs] = [properties(a)[name], properties(b)[name]];
    if (!required(b).includes(name) || !isObject(ours) || !isObject(theirs)) return false;
    const fixed = [fixedValues(ours, path), fixedValues(theirs, path)];
    return fixed[0] !== undefined && fixed[1] !== undefined && disjoint(ours, theirs, path);
  });
}
