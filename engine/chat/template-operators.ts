/**
 * Operators, items and the `loop` variable of chat templates, as in Jinja.
 *
 * @module
 */
import type { Limits } from './template-limits.ts';
import { contains } from './template-tests.ts';
import {
  Callable,
  compare,
  Dict,
  equal,
  keyOf,
  List,
  list,
  Missing,
  numberOf,
  Real,
  Text,
  text,
  textOf,
  truth,
  typeName,
  type Value,
  Whole,
} from './template-values.ts';

/** @throws Error for values that the operator is not for */
export function operate(operator: string, a: Value, b: Value, limits: Limits): Value {
  switch (operator) {
    case '==':
      return truth(equal(a, b, limits));
    case '!=':
      return truth(!equal(a, b, limits));
    case '<':
      return truth(compare(a, b, limits) < 0);
    case '>':
      return truth(compare(a, b, limits) > 0);
    case '<=':
      return truth(compare(a, b, limits) <= 0);
    case '>=':
      return truth(compare(a, b, limits) >= 0);
    case 'in':
      return truth(contains(b, a, limits));
    case 'not in':
      return truth(!contains(b, a, limits));
    case '~':
      return text(textOf(a, limits) + textOf(b, limits));
    default:
      return arithmetic(operator, a, b, limits);
  }
}

function arithmetic(operator: string, a: Value, b: Value, limits: Limits): Value {
  if (operator === '+' && a instanceof Text && b instanceof Text) return text(a.value + b.value);
  if (operator === '+' && a instanceof List && b instanceof List) return list(a.value.concat(b.value));
  const [left, right] = [numberOf(a), numberOf(b)];
  if (operator === '*' && (left === undefined) !== (right === undefined)) {
    const [whole, times] = left === undefined ? [a, right!] : [b, left];
    if (whole instanceof Text && whole.value !== '') {
      limits.chars(whole.value.length * times);
      return text(whole.value.repeat(Math.max(0, times)));
    }
  }
  if (left === undefined || right === undefined) {
    throw new Error(`${typeName(a)} ${operator} ${typeName(b)} is not possible`);
  }
  const result = calculate(operator, left, right);
  const real = a instanceof Real || b instanceof Real || operator === '/' || !Number.isInteger(result);
  return real ? new Real(result) : new Whole(result);
}

function calculate(operator: string, a: number, b: number): number {
  if (b === 0 && (operator === '/' || operator === '//' || operator === '%')) throw new Error('division by zero');
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '//':
      return Math.floor(a / b);
    case '%':
      return a - b * Math.floor(a / b);
    case '**':
      return a ** b;
    default:
      throw new Error(`there is no operator ${operator}`);
  }
}

/** Undefined for what is not there. */
export function itemOf(object: Value, key: Value): Value | undefined {
  if (object instanceof Dict) return object.value.get(keyOf(key));
  if (object.type === 'NamespaceValue') return (object.value as Map<unknown, Value>).get(keyOf(key));
  if (!(key instanceof Whole)) return undefined;
  if (object instanceof List) return object.value.at(key.value);
  if (!(object instanceof Text)) return undefined;
  const char = Array.from(object.value).at(key.value);
  return char === undefined ? undefined : text(char);
}

export function loopVariable(items: readonly Value[], index: number): Value {
  const at = (i: number) => items[i] ?? new Missing(undefined);
  return new Dict(
    new Map<unknown, Value>([
      ['index', new Whole(index + 1)],
      ['index0', new Whole(index)],
      ['revindex', new Whole(items.length - index)],
      ['revindex0', new Whole(items.length - index - 1)],
      ['first', truth(index === 0)],
      ['last', truth(index === items.length - 1)],
      ['length', new Whole(items.length)],
      ['previtem', index === 0 ? new Missing(undefined) : at(index - 1)],
      ['nextitem', at(index + 1)],
      ['cycle', new Callable((given) => given[index % given.length] ?? new Missing(undefined))],
    ]),
  );
}
