/**
 * The values of a running chat template, as Python and Jinja have them: text forms, JSON, comparison.
 *
 * @module
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { Limits, MAX_STRING_CHARS } from './template-limits.ts';

export type Value = ReturnType<Interpreter['evaluate']>;
type OfValue<T> = Extract<Value, { value: T }>;

type ClassOf<T> = new (value: T) => OfValue<T>;

/** The library's classes of values, which it does not export. */
function classOf<T>(sample: unknown): ClassOf<T> {
  return new Environment().set('sample', sample).constructor as unknown as ClassOf<T>;
}

export const Text = classOf<string>('');
export const Whole = classOf<number>(0);
export const Real = classOf<number>(0.5);
export const Truth = classOf<boolean>(false);
export const List: ClassOf<Value[]> = classOf<Value[]>([]);
/** A kind of list, which only its text tells apart; the library makes one of no plain value. */
export const Tuple = new Interpreter().evaluate(parse(tokenize('{{ (1, 1) }}')).body[0], new Environment())
  .constructor as typeof List;
/** Keys are texts or numbers, though the library thinks them texts. */
export const Dict = classOf({}) as unknown as new (
  value: Map<unknown, Value>,
) => OfValue<Map<string, Value>> & { value: Map<unknown, Value> };
type Call = (args: Value[], scope: Environment) => Value;
export const Callable: ClassOf<Call> = classOf<Call>(() => null);
export const None: ClassOf<null> = classOf<null>(null);
export const Missing: ClassOf<undefined> = classOf<undefined>(undefined);

export const text = (value: string): Value => new Text(value);
export const list = (values: Value[]): Value => new List(values);
export const tuple = (values: Value[]): Value => new Tuple(values);
export const truth = (value: boolean): Value => new Truth(value);
export const isTrue = (value: Value): boolean =>
  value instanceof List ? value.value.length > 0 : value instanceof Dict ? value.value.size > 0 : Boolean(value.value);
export const isNumber = (value: Value): value is OfValue<number> => value instanceof Whole || value instanceof Real;

/** A number, also one of True and False; undefined for what is none. */
export function numberOf(value: Value): number | undefined {
  if (value instanceof Truth) return value.value ? 1 : 0;
  return isNumber(value) ? value.value : undefined;
}

/** Python's name of the value's type. */
export function typeName(value: Value): string {
  if (value instanceof Text) return 'str';
  if (value instanceof Whole) return 'int';
  if (value instanceof Real) return 'float';
  if (value instanceof Truth) return 'bool';
  if (value instanceof List) return 'list';
  if (value instanceof Dict) return 'dict';
  if (value instanceof None) return 'None';
  if (value instanceof Missing) return 'undefined';
  return value instanceof Callable ? 'function' : 'namespace';
}

/** A dictionary's key for a value; undefined for what can be none of ours. */
export function keyOf(value: Value): unknown {
  if (value instanceof Text) return value.value;
  return numberOf(value);
}

export const valueOfKey = (key: unknown): Value => (typeof key === 'number' ? new Whole(key) : text(String(key)));

/** What a loop over the value sees. @throws Error for what cannot be looped over */
export function itemsOf(value: Value): Value[] {
  if (value instanceof List) return value.value;
  if (value instanceof Dict) return [...value.value.keys()].map(valueOfKey);
  if (value instanceof Text) return Array.from(value.value, text);
  if (value instanceof Missing) return [];
  throw new Error(`${typeName(value)} is not iterable`);
}

export function equal(a: Value, b: Value, limits: Limits): boolean {
  limits.step();
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined || right !== undefined) return left === right;
  if (a instanceof List && b instanceof List) {
    return a.value.length === b.value.length && a.value.every((item, i) => equal(item, b.value[i]!, limits));
  }
  if (a instanceof Dict && b instanceof Dict) {
    const same = ([key, item]: [unknown, Value]) => b.value.has(key) && equal(item, b.value.get(key)!, limits);
    return a.value.size === b.value.size && [...a.value].every(same);
  }
  return a.constructor === b.constructor && a.value === b.value;
}

/** Below, at or above zero as `a` is below, at or above `b`. @throws Error for what has no order */
export function compare(a: Value, b: Value, limits: Limits): number {
  limits.step();
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined && right !== undefined) return left - right;
  if (a instanceof Text && b instanceof Text) return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
  if (a instanceof List && b instanceof List) {
    for (const [i, item] of a.value.entries()) {
      const other = b.value[i];
      const order = other === undefined ? 1 : compare(item, other, limits);
      if (order !== 0) return order;
    }
    return a.value.length - b.value.length;
  }
  throw new Error(`${typeName(a)} and ${typeName(b)} have no order`);
}

/** Collects a text within the limits. */
class Writer {
  readonly limits: Limits;
  private readonly parts: string[] = [];
  private length = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  add(part: string): void {
    this.limits.step();
    this.length += part.length;
    this.limits.chars(this.length);
    this.parts.push(part);
  }

  toString(): string {
    return this.parts.join('');
  }
}

/** Python's `str(value)`. */
export function textOf(value: Value, limits: Limits): string {
  if (value instanceof Text) return value.value;
  if (value instanceof Missing) return '';
  const writer = new Writer(limits);
  writeRepr(value, writer);
  return writer.toString();
}

function quoted(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\', [quote]: `\\${quote}` };
  const escaped = value.replaceAll(
    // What Python's repr escapes of the first 256 characters, and the quotes.
    /[\p{Cc}\xa0\xad\\'"]/gu,
    (char) =>
      named[char] ?? (char === "'" || char === '"' ? char : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`),
  );
  return quote + escaped + quote;
}

function writeRepr(value: Value, writer: Writer): void {
  if (value instanceof Text) writer.add(quoted(value.value));
  else if (value instanceof Truth) writer.add(value.value ? 'True' : 'False');
  else if (value instanceof None) writer.add('None');
  else if (isNumber(value)) writer.add(value.toString());
  else if (value instanceof List) {
    const [open, close] = value instanceof Tuple ? ['(', value.value.length === 1 ? ',)' : ')'] : ['[', ']'];
    writer.add(open);
    for (const [i, item] of value.value.entries()) {
      if (i > 0) writer.add(', ');
      writeRepr(item, writer);
    }
    writer.add(close);
  } else if (value instanceof Dict) {
    let before = '{';
    for (const [key, item] of value.value) {
      writer.add(before);
      writeRepr(valueOfKey(key), writer);
      writer.add(': ');
      writeRepr(item, writer);
      before = ', ';
    }
    writer.add(before === '{' ? '{}' : '}');
  } else writer.add(value instanceof Missing ? 'Undefined' : `<${typeName(value)}>`);
}

export interface JsonStyle {
  /** Text of one level of indentation; undefined: all on one line. */
  indent?: string | undefined;
  ensureAscii?: boolean;
  sortKeys?: boolean;
  /** Between items and after keys. */
  separators?: readonly [string, string] | undefined;
}

/** Python's `json.dumps`, leaving characters beyond ASCII as they are unless asked. @throws Error for what JSON lacks */
export function toJson(value: Value, limits: Limits, style: JsonStyle = {}): string {
  const writer = new Writer(limits);
  writeJson(value, writer, style, '');
  return writer.toString();
}

function jsonText(value: string, ensureAscii: boolean): string {
  const json = JSON.stringify(value);
  if (!ensureAscii) return json;
  return json.replaceAll(/[\x7f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function writeJson(value: Value, writer: Writer, style: JsonStyle, margin: string): void {
  const { indent, ensureAscii = false, sortKeys = false } = style;
  if (value instanceof Text) return writer.add(jsonText(value.value, ensureAscii));
  if (value instanceof None) return writer.add('null');
  if (isNumber(value)) return writer.add(value.toString());
  if (value instanceof Truth) return writer.add(String(value.value));
  const isDict = value instanceof Dict;
  if (!isDict && !(value instanceof List)) throw new Error(`${typeName(value)} cannot be written as JSON`);
  const [between, colon] = style.separators ?? [indent === undefined ? ', ' : ',', ': '];
  const entries: [unknown, Value][] = isDict
    ? [...value.value]
    : (value.value as Value[]).map((item) => [undefined, item]);
  if (sortKeys && isDict) entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  const inner = indent === undefined ? '' : margin + indent;
  const line = (space: string) => (indent === undefined ? '' : `\n${space}`);
  writer.add(isDict ? '{' : '[');
  for (const [i, [key, item]] of entries.entries()) {
    writer.add((i === 0 ? '' : between) + line(inner));
    if (isDict) writer.add(jsonText(String(key), ensureAscii) + colon);
    writeJson(item, writer, style, inner);
  }
  writer.add((entries.length === 0 ? '' : line(margin)) + (isDict ? '}' : ']'));
}

/** The JSON of a plain value as a template would write it. */
export function plainJson(value: unknown, indent?: string): string {
  return toJson(new Environment().set('value', value), new Limits(MAX_STRING_CHARS), { indent });
}
