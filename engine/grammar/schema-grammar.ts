/**
 * JSON Schema → a grammar of JSON texts that it accepts. Not of all of them: properties come in the schema's order, those that it
 * does not name stay out unless it says what they are, white space and numbers are bounded. A keyword that the grammar would not keep
 * is refused by name.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import { patternRule } from './automaton.ts';
import { asText } from './char-set.ts';
import type { Ebnf } from './ebnf.ts';
import { anyArray, anyObject, anyValue, integer, number } from './json-values.ts';
import { integersWithin, numbersWithin } from './number-range.ts';
import { arrayExpression } from './schema-arrays.ts';
import { choice, type Pattern, text } from './pattern.ts';
import { checkKeywords } from './schema-keywords.ts';
import { ANNOTATIONS, type Convert, isObject, merge, type Schema, type SchemaObject, typesOf } from './schema-merge.ts';
import { objectExpression } from './schema-objects.ts';
import { stringExpression } from './schema-strings.ts';
import { ARRAY, fixedValues, hasAny, NUMBER, OBJECT, requireDisjoint, STRING } from './schema-values.ts';

/** Of one schema after another that each refers to the next, before any value is described. */
const MAX_DEPTH = 64;
/** Of a place within a schema, in messages. */
const MAX_PATH_CHARS = 200;
/** Schemas that `anyOf` within `allOf` may multiply to. */
const MAX_ALTERNATIVES = 256;

/** The name of a rule, or what is put together with others of its kind. */
type Value = string | Pattern;

/** The name of a rule for what the schema accepts. @throws LocalLLMError bad-argument, not-supported */
export function schemaRule(ebnf: Ebnf, schema: Schema): string {
  const rule = new SchemaGrammar(ebnf, schema).convert(schema, '#');
  if (rule === undefined) throw nothing('#');
  return rule;
}

const nothing = (path: string) =>
  new LocalLLMError('bad-argument', `The schema at ${path} accepts no value that can be written. Correct it.`);

class SchemaGrammar {
  readonly #ebnf: Ebnf;
  readonly #root: Schema;
  /** By what `$ref` says: also of those whose rule is being made. */
  readonly #referred = new Map<string, string>();
  #depth = 0;

  constructor(ebnf: Ebnf, root: Schema) {
    this.#ebnf = ebnf;
    this.#root = root;
  }

  readonly convert: Convert = (schema, given) => {
    const path = given.length > MAX_PATH_CHARS ? `${given.slice(0, MAX_PATH_CHARS)}…` : given;
    if (typeof schema !== 'boolean' && !isObject(schema)) {
      throw new LocalLLMError(
        'bad-argument',
        `The schema at ${path} is ${typeof schema}: give an object or a boolean.`,
      );
    }
    if (++this.#depth > MAX_DEPTH) {
      throw new LocalLLMError(
        'bad-argument',
        `The schema is nested deeper than ${MAX_DEPTH} at ${path}. Make it flatter.`,
      );
    }
    try {
      const only = isObject(schema) && onlyReference(schema);
      return only ? this.#reference(only, path) : this.#rule(schema, path);
    } finally {
      this.#depth--;
    }
  };

  #rule(schema: Schema, path: string): string | undefined {
    const keyword = isObject(schema) && onlyChoice(schema);
    // Each by itself where there is nothing to be joined to: one may refer back to what contains it.
    const options = keyword
      ? this.#choice(schema, keyword, path)
      : this.#alternatives(schema, path).flatMap((flat) => this.#values(flat, path));
    return this.#anyOf(options);
  }

  /** One rule for all patterns among them, and one for each of the others: alternatives of a rule must not begin alike. */
  #anyOf(options: readonly Value[]): string | undefined {
    const ebnf = this.#ebnf;
    const patterns = options.filter((option) => typeof option !== 'string');
    const rules = new Set(options.filter((option) => typeof option === 'string'));
    const rule = patterns.length === 0 ? undefined : patternRule(ebnf, choice(...patterns), asText);
    if (rule !== undefined) rules.add(rule);
    if (rules.size < 2) return [...rules][0];
    return ebnf.rule('value', [...rules].join(' | '));
  }

  #choice(schema: SchemaObject, keyword: 'anyOf' | 'oneOf', path: string): Value[] {
    checkKeywords(schema, path);
    const parts = schema[keyword] as Schema[];
    if (keyword === 'oneOf') {
      const flat = parts.map((part) => this.#alternatives(part, path));
      flat.forEach((part, i) => flat.slice(i + 1).forEach((other) => requireDisjoint(part, other, path)));
    }
    return parts.flatMap((part, i): Value[] => {
      const place = `${path}/${keyword}/${i}`;
      const fixed = isObject(part) && part['$ref'] === undefined && fixedValues(part, place) !== undefined;
      if (fixed) return this.#alternatives(part, place).flatMap((flat) => this.#values(flat, place));
      const rule = this.convert(part, place);
      return rule === undefined ? [] : [rule];
    });
  }

  /** A rule for what `$ref` names, made once: it may refer to itself. */
  #reference(reference: string, path: string): string {
    const known = this.#referred.get(reference);
    if (known !== undefined) return known;
    const name = this.#ebnf.reserve('ref');
    this.#referred.set(reference, name);
    const target = this.convert(this.#resolve(reference, path), reference);
    if (target === undefined || target === name) throw nothing(reference);
    return this.#ebnf.define(name, target);
  }

  #resolve(reference: string, path: string): Schema {
    if (!reference.startsWith('#') || /^#[^/]/.test(reference)) {
      throw new LocalLLMError(
        'not-supported',
        `The schema at ${path} has the $ref ${quoted(reference)}; only places within the schema itself are possible, as "#/$defs/name".`,
      );
    }
    let found: unknown = this.#root;
    for (const step of reference.split('/').slice(1)) {
      const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
      found =
        typeof found === 'object' && found !== null && Object.hasOwn(found, key)
          ? (found as SchemaObject)[key]
          : undefined;
    }
    if (typeof found === 'boolean' || isObject(found)) return found;
    throw new LocalLLMError(
      'bad-argument',
      `The schema at ${path} refers to ${quoted(reference)}, which is not there.`,
    );
  }

  /** The same without `$ref`, `allOf`, `anyOf` and `oneOf`: any of these. */
  #alternatives(schema: Schema, path: string, depth = 0): Schema[] {
    if (schema === true) return [{}];
    if (schema === false) return [];
    if (depth > MAX_DEPTH)
      throw new LocalLLMError('bad-argument', `The schema at ${path} refers to itself without end.`);
    checkKeywords(schema, path);
    const { $ref, allOf, anyOf: any, oneOf, ...own } = schema;
    let found: Schema[] = [own];
    const join = (others: Schema[]) => {
      found = found.flatMap((a) => others.map((b) => merge(a, b, path)));
      if (found.length > MAX_ALTERNATIVES) {
        throw new LocalLLMError(
          'bad-argument',
          `The schema at ${path} multiplies to more than ${MAX_ALTERNATIVES} alternatives. Make it simpler.`,
        );
      }
    };
    if ($ref !== undefined) join(this.#alternatives(this.#resolve($ref as string, path), path, depth + 1));
    for (const part of (allOf as Schema[] | undefined) ?? []) join(this.#alternatives(part, path, depth + 1));
    const flat = (parts: unknown) => (parts as Schema[]).map((part) => this.#alternatives(part, path, depth + 1));
    if (any !== undefined) join(flat(any).flat());
    if (oneOf !== undefined) {
      const parts = flat(oneOf);
      parts.forEach((part, i) => parts.slice(i + 1).forEach((other) => requireDisjoint(part, other, path)));
      join(parts.flat());
    }
    return found;
  }

  /** Expressions for the values of one schema without applicators. */
  #values(schema: Schema, path: string): Value[] {
    if (schema === false) return [];
    if (schema === true) return [anyValue(this.#ebnf)];
    const fixed = fixedValues(schema, path);
    if (fixed) return fixed.map((value) => text(JSON.stringify(value)));
    return typesFor(schema).flatMap((type) => this.#typed(type, schema, path) ?? []);
  }

  #typed(type: string, schema: SchemaObject, path: string): Value | Value[] | undefined {
    const ebnf = this.#ebnf;
    const named = (hint: string, body: string | undefined) => body && ebnf.rule(hint, body);
    switch (type) {
      case 'null':
        return text('null');
      case 'boolean':
        return [text('true'), text('false')];
      case 'string':
        return named('string', stringExpression(ebnf, schema, path));
      case 'integer':
      case 'number':
        return numberExpressions(ebnf, type, schema);
      case 'array':
        return hasAny(schema, ARRAY)
          ? named('array', arrayExpression(ebnf, schema, path, this.convert))
          : anyArray(ebnf);
      case 'object':
        return hasAny(schema, OBJECT)
          ? named('object', objectExpression(ebnf, schema, path, this.convert))
          : anyObject(ebnf);
      default:
        throw new LocalLLMError(
          'bad-argument',
          `The schema at ${path} has the type ${quoted(type)}, which JSON has not.`,
        );
    }
  }
}

/** The types that a schema names, else those that its keywords are about: of what it accepts, what was meant. */
function typesFor(schema: SchemaObject): string[] {
  if (schema['type'] !== undefined) return typesOf(schema['type']);
  const meant = [
    ...(hasAny(schema, OBJECT) ? ['object'] : []),
    ...(hasAny(schema, ARRAY) ? ['array'] : []),
    ...(hasAny(schema, STRING) ? ['string'] : []),
    ...(hasAny(schema, NUMBER) ? ['number'] : []),
  ];
  return meant.length > 0 ? meant : ['object', 'array', 'string', 'number', 'boolean', 'null'];
}

/** The keyword of a schema that has just one, annotations apart. */
function onlyKeyword(schema: SchemaObject): string | undefined {
  const [keyword, ...more] = Object.keys(schema).filter((key) => !ANNOTATIONS.has(key));
  return more.length === 0 ? keyword : undefined;
}

function onlyReference(schema: SchemaObject): string | undefined {
  const { $ref } = schema;
  return onlyKeyword(schema) === '$ref' && typeof $ref === 'string' ? $ref : undefined;
}

function onlyChoice(schema: SchemaObject): 'anyOf' | 'oneOf' | undefined {
  const keyword = onlyKeyword(schema);
  return keyword === 'anyOf' || keyword === 'oneOf' ? keyword : undefined;
}

function numberExpressions(ebnf: Ebnf, type: string, schema: SchemaObject): Value | Value[] {
  const given = (keyword: string) => schema[keyword] as number | undefined;
  const whole = type === 'integer' || schema['multipleOf'] !== undefined;
  const [minimum, above] = [given('minimum'), given('exclusiveMinimum')];
  const [maximum, below] = [given('maximum'), given('exclusiveMaximum')];
  if ([minimum, above, maximum, below].every((bound) => bound === undefined))
    return whole ? integer(ebnf) : number(ebnf);
  const lowExcluded = above !== undefined && (minimum === undefined || above >= minimum);
  const highExcluded = below !== undefined && (maximum === undefined || below <= maximum);
  const low = lowExcluded ? above : minimum;
  const high = highExcluded ? below : maximum;
  const bounds = {
    lowExcluded,
    highExcluded,
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
  };
  return whole ? integersWithin(bounds) : numbersWithin(bounds);
}
