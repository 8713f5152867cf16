/**
 * `responseConstraint`: what a page gives, as the protocol carries it; and how a model is told of it.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { Constraint } from '../protocol/messages.ts';

const { apply, getOwnPropertyDescriptor } = Reflect;
const { parse, stringify } = JSON;
const { RegExp } = globalThis;
const sourceOf = getOwnPropertyDescriptor(RegExp.prototype, 'source')?.get;

/** @throws LocalLLMError bad-argument for what is neither a RegExp nor an object that JSON can carry */
export function toConstraint(value: unknown, name: string): Constraint {
  if (typeof value !== 'object' || value === null) {
    const kind = value === null ? 'null' : typeof value;
    throw new LocalLLMError('bad-argument', `${name}: expected a JSON Schema or a RegExp but received ${kind}`);
  }
  const source = regExpSource(value);
  if (source !== undefined) return { type: 'regexp', source, flags: (value as RegExp).flags };
  return { type: 'json-schema', schema: toJsonObject(value, name) };
}

/** A copy that holds nothing but JSON. @throws LocalLLMError bad-argument */
export function toJsonObject(value: unknown, name: string): Record<string, unknown> {
  const copy: unknown = parse(toJson(value, name));
  if (typeof copy === 'object' && copy !== null && !Array.isArray(copy)) return copy as Record<string, unknown>;
  throw new LocalLLMError('bad-argument', `${name}: must be an object that JSON can carry`);
}

/** @throws LocalLLMError bad-argument for what JSON cannot carry */
export function toJson(value: unknown, name: string): string {
  let cause: unknown = 'it has no JSON';
  try {
    const text = stringify(value) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    cause = error;
  }
  throw new LocalLLMError('bad-argument', `${name}: must be something that JSON can carry (${String(cause)})`, {
    cause,
  });
}

/** What stands in the prompt, so that the model knows what the token masks will hold it to. */
export function describeConstraint(constraint: Constraint): string {
  if (constraint.type === 'json-schema') {
    return `Answer with nothing but JSON that validates against this JSON Schema: ${stringify(constraint.schema)}`;
  }
  return `Answer with nothing but a text that this regular expression matches as a whole: /${constraint.source}/${constraint.flags}`;
}

/** Whether an answer that was cut short happens to be whole. */
export function isWhole(constraint: Constraint, text: string): boolean {
  try {
    if (constraint.type === 'json-schema') return (parse(text) as unknown) !== undefined;
    return new RegExp(`^(?:${constraint.source})$`, constraint.flags.replace(/[gmy]/g, '')).test(text);
  } catch {
    return false;
  }
}

/** Undefined for what is no RegExp of any realm. */
function regExpSource(value: object): string | undefined {
  try {
    return sourceOf && apply<object, [], string>(sourceOf, value, []);
  } catch {
    return undefined;
  }
}
