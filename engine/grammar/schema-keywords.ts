/**
 * Which keywords of JSON Schema are kept, and what their values have to be.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import { isObject, type SchemaObject } from './schema-merge.ts';

const isSchema = (value: unknown) => typeof value === 'boolean' || isObject(value);
const schemas = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isSchema);
const count = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const finite = (value: unknown) => Number.isFinite(value);
const text = (value: unknown) => typeof value === 'string';
const texts = (value: unknown): value is string[] => Array.isArray(value) && value.every(text);

/** Whether the value of a keyword is what the standard asks for. */
const KEPT: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: (value) => text(value) || (texts(value) && value.length > 0),
  enum: (value) => Array.isArray(value) && value.length > 0,
  const: () => true,
  $ref: text,
  allOf: schemas,
  anyOf: schemas,
  oneOf: schemas,
  properties: (value) => isObject(value) && Object.values(value).every(isSchema),
  required: texts,
  additionalProperties: isSchema,
  items: (value) => isSchema(value) || schemas(value),
  prefixItems: schemas,
  additionalItems: isSchema,
  minItems: count,
  maxItems: count,
  minLength: count,
  maxLength: count,
  pattern: text,
  format: text,
  minimum: finite,
  maximum: finite,
  exclusiveMinimum: finite,
  exclusiveMaximum: finite,
};

/** Keywords that say something which the grammar would not keep, and the values at which they say nothing. */
const REFUSED: Readonly<Record<string, (value: unknown) => boolean>> = {
  multipleOf: (value) => value === 1,
  uniqueItems: (value) => value === false,
  minProperties: (value) => value === 0,
  maxProperties: () => false,
  minContains: () => false,
  maxContains: () => false,
  contains: () => false,
  not: (value) => value === false,
  if: () => false,
  dependencies: () => false,
  dependentRequired: () => false,
  dependentSchemas: () => false,
  patternProperties: (value) => isObject(value) && Object.keys(value).length === 0,
  propertyNames: (value) => value === true,
  unevaluatedItems: (value) => value === true,
  unevaluatedProperties: (value) => value === true,
  $dynamicRef: () => false,
  $recursiveRef: () => false,
};

/** Keywords that nobody knows say nothing, as the standard has it. @throws LocalLLMError bad-argument, not-supported */
export function checkKeywords(schema: SchemaObject, path: string): void {
  for (const [keyword, value] of Object.entries(schema)) {
    if (Object.hasOwn(REFUSED, keyword) && !REFUSED[keyword]!(value)) {
      throw new LocalLLMError(
        'not-supported',
        `The schema at ${path} has ${quoted(keyword)}: ${quoted(JSON.stringify(value) ?? '')}, which cannot be enforced. Leave it out and check the answer yourself.`,
      );
    }
    if (Object.hasOwn(KEPT, keyword) && !KEPT[keyword]!(value)) {
      throw new LocalLLMError(
        'bad-argument',
        `The schema at ${path} has ${quoted(keyword)}: ${quoted(JSON.stringify(value) ?? 'undefined')}, which JSON Schema does not allow.`,
      );
    }
  }
}
