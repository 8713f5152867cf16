/**
 * Runs a chat template within limits, as Jinja with Python's values would. The library parses and walks the tree; what
 * templates need and it lacks or does otherwise is here: printing, operators, attributes, loops, filters, tests.
 *
 * @module
 */
import { Environment, Interpreter } from '@huggingface/jinja';
import { legible, LocalLLMError } from '../protocol/errors.ts';
import { strftime } from './strftime.ts';
import { Arguments } from './template-arguments.ts';
import { runFilter } from './template-filters.ts';
import { LimitError, Limits } from './template-limits.ts';
import { methodOf } from './template-methods.ts';
import { itemOf, loopVariable, operate } from './template-operators.ts';
import { OFFER_CHATML, type Program } from './template-source.ts';
import { runTest } from './template-tests.ts';
import {
  Dict,
  isTrue,
  itemsOf,
  keyOf,
  List,
  Missing,
  Text,
  text,
  textOf,
  truth,
  typeName,
  type Value,
  Whole,
} from './template-values.ts';

type Statement = NonNullable<Parameters<Interpreter['evaluate']>[0]>;
type Named = Statement & { value: string };

interface BinaryNode {
  operator: { value: string };
  left: Statement;
  right: Statement;
}
interface CallNode {
  callee: Named;
  args: Statement[];
}
interface ForNode {
  loopvar: Statement & { value: string | Named[] };
  iterable: Statement & { lhs?: Statement; test?: Statement };
  body: Statement[];
  defaultBlock: Statement[];
}
interface MemberNode {
  object: Statement;
  property: Statement & { value: unknown };
  computed: boolean;
}

/** `break` and `continue` on their way to their loop, with what the loop's body had written. */
class LoopExit extends Error {
  written = '';
  readonly ends: boolean;

  constructor(ends: boolean) {
    super('break and continue belong in a loop');
    this.ends = ends;
  }
}

class GuardedInterpreter extends Interpreter {
  /** Lines of errors: of the innermost tag that failed. */
  readonly lines = new WeakMap<object, number>();
  private readonly program: Program;
  private readonly limits: Limits;
  private depth = 0;

  constructor(environment: Environment, program: Program, limits: Limits) {
    super(environment);
    this.program = program;
    this.limits = limits;
  }

  override evaluate(node: Statement | undefined, environment: Environment): Value {
    if (node === undefined) return new Missing(undefined);
    try {
      this.limits.step();
      this.limits.depth(++this.depth);
      const value = this.compute(node, environment);
      if (value instanceof Text) this.limits.chars(value.value.length);
      if (value instanceof List) this.limits.items(value.value.length);
      return this.program.written.has(node) ? text(textOf(value, this.limits)) : value;
    } catch (error) {
      const line = this.program.lines.get(node);
      if (line !== undefined && error instanceof Error && !this.lines.has(error)) this.lines.set(error, line);
      throw error;
    } finally {
      this.depth--;
    }
  }

  private compute(node: Statement, environment: Environment): Value {
    switch (node.type) {
      case 'Program':
        return text(this.block((node as Statement & { body: Statement[] }).body, environment));
      case 'If': {
        const { test, body, alternate } = node as unknown as Record<'body' | 'alternate', Statement[]> & {
          test: Statement;
        };
        return text(this.block(isTrue(this.evaluate(test, environment)) ? body : alternate, environment));
      }
      case 'For':
        return text(this.loop(node as unknown as ForNode, environment));
      case 'Break':
      case 'Continue':
        throw new LoopExit(node.type === 'Break');
      case 'ObjectLiteral':
        return this.dictionary((node as unknown as { value: Map<Statement, Statement> }).value, environment);
      case 'BinaryExpression':
        return this.binary(node as unknown as BinaryNode, environment) ?? super.evaluate(node, environment);
      case 'MemberExpression':
        return this.member(node as unknown as MemberNode, environment);
      case 'CallExpression':
        return this.call(node as Statement & CallNode, environment);
      case 'FilterExpression': {
        const { operand, filter } = node as unknown as { operand: Statement; filter: Named | CallNode };
        return this.filter(this.evaluate(operand, environment), filter, environment);
      }
      case 'FilterStatement': {
        const { body, filter } = node as unknown as { body: Statement[]; filter: Named | CallNode };
        return this.filter(text(this.block(body, environment)), filter, environment);
      }
      case 'TestExpression': {
        const { operand, negate, test } = node as unknown as { operand: Statement; negate: boolean; test: Named };
        return truth(runTest(test.value, this.evaluate(operand, environment), [], this.limits) !== negate);
      }
      default:
        return super.evaluate(node, environment);
    }
  }

  private block(statements: readonly Statement[], environment: Environment): string {
    let written = '';
    for (const statement of statements) {
      try {
        const value = this.evaluate(statement, environment);
        if (value instanceof Text) written += value.value;
        this.limits.chars(written.length);
      } catch (error) {
        if (error instanceof LoopExit) error.written = written + error.written;
        throw error;
      }
    }
    return written;
  }

  /** Each round has variables of its own, as in Jinja. */
  private loop({ loopvar, iterable, body, defaultBlock }: ForNode, environment: Environment): string {
    const filtered = iterable.type === 'SelectExpression';
    const scopeOf = (item: Value) => {
      const scope = new Environment(environment);
      if (typeof loopvar.value === 'string') scope.setVariable(loopvar.value, item);
      else {
        const parts = itemsOf(item);
        if (parts.length !== loopvar.value.length) {
          throw new Error(`a loop over ${loopvar.value.length} names at once met ${parts.length} values`);
        }
        for (const [i, name] of loopvar.value.entries()) scope.setVariable(name.value, parts[i]!);
      }
      return scope;
    };
    let items = itemsOf(this.evaluate(filtered ? iterable.lhs : iterable, environment));
    if (filtered) items = items.filter((item) => isTrue(this.evaluate(iterable.test, scopeOf(item))));
    let written = '';
    for (const [i, item] of items.entries()) {
      const scope = scopeOf(item);
      scope.setVariable('loop', loopVariable(items, i));
      try {
        written += this.block(body, scope);
      } catch (error) {
        if (!(error instanceof LoopExit)) throw error;
        written += error.written;
        if (error.ends) return written;
      }
      this.limits.chars(written.length);
    }
    return items.length === 0 ? this.block(defaultBlock, environment) : written;
  }

  private dictionary(entries: ReadonlyMap<Statement, Statement>, environment: Environment): Value {
    const made = new Map<unknown, Value>();
    for (const [key, value] of entries) {
      const evaluated = this.evaluate(key, environment);
      const known = keyOf(evaluated);
      if (known === undefined) throw new Error(`${typeName(evaluated)} cannot be a key`);
      made.set(known, this.evaluate(value, environment));
    }
    return new Dict(made);
  }

  /** Undefined for operators that the library does as Jinja does. */
  private binary(
    { operator: { value: operator }, left, right }: BinaryNode,
    environment: Environment,
  ): Value | undefined {
    if (operator === 'and' || operator === 'or') return undefined;
    return operate(operator, this.evaluate(left, environment), this.evaluate(right, environment), this.limits);
  }

  private member({ object: of, property, computed }: MemberNode, environment: Environment): Value {
    const object = this.evaluate(of, environment);
    if (computed && property.type === 'SliceExpression') {
      return this['evaluateSliceExpression'](object, property, environment);
    }
    const key = computed
      ? this.evaluate(property, environment)
      : typeof property.value === 'number'
        ? new Whole(property.value)
        : text(String(property.value));
    const method = () => (key instanceof Text ? methodOf(object, key.value, this.limits) : undefined);
    // Jinja: `a.b` is first an attribute, `a['b']` first an item.
    return (computed ? (itemOf(object, key) ?? method()) : (method() ?? itemOf(object, key))) ?? new Missing(undefined);
  }

  private call(node: Statement & CallNode, environment: Environment): Value {
    try {
      return super.evaluate(node, environment);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('Cannot call something'))) throw error;
      const { callee } = node;
      const name = (callee as Statement & { property?: Named }).property?.value ?? callee.value;
      throw new Error(`${name} is not a function`, { cause: error });
    }
  }

  private filter(value: Value, filter: Named | CallNode, environment: Environment): Value {
    if (!('args' in filter)) return runFilter(filter.value, value, new Arguments([], new Map()), this.limits);
    const [positional, named] = this['evaluateArguments'](filter.args, environment);
    return runFilter(filter.callee.value, value, new Arguments(positional, named), this.limits);
  }
}

function range(limits: Limits, first: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, first] : [first, stop];
  const length = Math.max(0, Math.ceil((to - from) / step));
  // Also catches a step of zero: infinite or not a number.
  limits.items(length);
  limits.step(length);
  return Array.from({ length }, (_, i) => from + i * step);
}

/** What a template says by `raise_exception`. */
class Refusal extends Error {}

function environmentOf(variables: Record<string, unknown>, limits: Limits): Environment {
  const environment = new Environment();
  const globals: Record<string, unknown> = {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    raise_exception: (message: unknown) => {
      throw new Refusal(String(message));
    },
    range: (first: number, stop?: number, step?: number) => range(limits, first, stop, step),
    strftime_now: (format: string) => strftime(new Date(), format),
  };
  for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value);
  return environment;
}

/**
 * Renders with the variables given and the functions that templates expect.
 *
 * @param inputChars characters of the variables, which the limit on what comes out follows
 * @throws LocalLLMError template, with the line, when the template fails, refuses, or passes a limit (`cause` is then a `LimitError`)
 */
export function runTemplate(program: Program, variables: Record<string, unknown>, inputChars: number): string {
  const limits = new Limits(inputChars);
  const interpreter = new GuardedInterpreter(environmentOf(variables, limits), program, limits);
  try {
    return textOf(interpreter.run(program.tree), limits);
  } catch (error) {
    // The stack can end before the limit on depth does.
    const cause = error instanceof RangeError ? new LimitError('nests too deep') : error;
    const line = error instanceof Error ? interpreter.lines.get(error) : undefined;
    throw new LocalLLMError('template', problemOf(cause, line === undefined ? '' : `, line ${line}`), { cause });
  }
}

function problemOf(error: unknown, place: string): string {
  const message = legible(error instanceof Error ? error.message : String(error));
  if (error instanceof Refusal)
    return `The model's chat template refuses these messages${place}: ${message}. ${OFFER_CHATML}.`;
  if (error instanceof LimitError) {
    return `The model's chat template${place} ${message}. Send less text. ${OFFER_CHATML}.`;
  }
  return `The model's chat template fails on these messages${place}: ${message}. Try without tools or a system message. ${OFFER_CHATML}.`;
}
