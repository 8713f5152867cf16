/**
 * What a call or filter of a chat template is given.
 *
 * @module
 */
import { None, numberOf, Text, typeName, type Value } from './template-values.ts';

export class Arguments {
  private readonly positional: readonly Value[];
  private readonly named: ReadonlyMap<string, Value>;

  constructor(positional: readonly Value[], named: ReadonlyMap<string, Value>) {
    this.positional = positional;
    this.named = named;
  }

  /** As the library passes them: named ones last, in one value. */
  static ofCall(given: readonly Value[]): Arguments {
    const last = given.at(-1);
    return last?.type === 'KeywordArgumentsValue'
      ? new Arguments(given.slice(0, -1), last.value as Map<string, Value>)
      : new Arguments(given, new Map());
  }

  get all(): readonly Value[] {
    return this.positional;
  }
  get names(): ReadonlyMap<string, Value> {
    return this.named;
  }

  /** Without the first ones. */
  after(count: number): Arguments {
    return new Arguments(this.positional.slice(count), this.named);
  }

  /** Undefined when not given, or None; an index of -1 for what can only be named. */
  at(index: number, name?: string): Value | undefined {
    const value = this.positional[index] ?? (name === undefined ? undefined : this.named.get(name));
    return value instanceof None ? undefined : value;
  }

  /** @throws Error when it is given and no text, or not given without a default */
  text(index: number, name: string, otherwise?: string): string {
    const value = this.at(index, name);
    if (value instanceof Text) return value.value;
    if (value === undefined && otherwise !== undefined) return otherwise;
    throw new Error(`${name} should be a text but is ${value === undefined ? 'missing' : typeName(value)}`);
  }

  /** @throws Error when it is given and no number */
  number(index: number, name: string, otherwise: number): number {
    const value = this.at(index, name);
    if (value === undefined) return otherwise;
    const number = numberOf(value);
    if (number !== undefined) return number;
    throw new Error(`${name} should be a number but is ${typeName(value)}`);
  }
}
