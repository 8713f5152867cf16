/**
 * Runs a chat template within limits: a template comes with a downloaded model and may be made to do harm.
 *
 * @module
 */
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { LocalLLMError } from '../protocol/errors.ts';
import { strftime } from './strftime.ts';

export const MAX_TEMPLATE_CHARS = 1 << 18;
/** Nodes of the template's syntax tree that one rendering may evaluate. */
const MAX_STEPS = 500_000;
/** Items of one list. */
const MAX_ITEMS = 1 << 20;
/** Characters of one string, beyond eight times what went in. */
const MAX_STRING_CHARS = 1 << 20;
/** A rendering that takes longer is stopped, whatever it counts. */
const DEADLINE_MS = 10_000;

/** A parsed template. */
export type Program = ReturnType<typeof parse>;

/** A limit was passed: kept apart from the template's own errors. */
class LimitError extends Error {}

class GuardedInterpreter extends Interpreter {
  private steps = 0;
  private readonly maxChars: number;
  private readonly deadline = performance.now() + DEADLINE_MS;

  constructor(environment: Environment, maxChars: number) {
    super(environment);
    this.maxChars = maxChars;
  }

  override evaluate(...args: Parameters<Interpreter['evaluate']>): ReturnType<Interpreter['evaluate']> {
    if (++this.steps > MAX_STEPS) throw new LimitError(`takes more than ${MAX_STEPS} steps`);
    if (performance.now() > this.deadline) throw new LimitError(`takes longer than ${DEADLINE_MS / 1000} s`);
    const result = super.evaluate(...args);
    if (typeof result.value === 'string' && result.value.length > this.maxChars) {
      throw new LimitError(`makes a text of more than ${this.maxChars} characters`);
    }
    if (Array.isArray(result.value) && result.value.length > MAX_ITEMS) {
      throw new LimitError(`makes a list of more than ${MAX_ITEMS} items`);
    }
    return result;
  }
}

function range(first: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, first] : [first, stop];
  const length = Math.max(0, Math.ceil((to - from) / step));
  // Also catches a step of zero: infinite or not a number.
  if (!(length <= MAX_ITEMS)) throw new LimitError(`makes a list of more than ${MAX_ITEMS} items`);
  return Array.from({ length }, (_, i) => from + i * step);
}

function refuse(message: unknown): never {
  throw new LocalLLMError('template', `The model's chat template refuses these messages: ${String(message)}`);
}

/** 1-based line of the shortest beginning of the template, cut after a tag, that fails in the same way. */
function lineOfError(source: string, message: string): number | undefined {
  const ends = Array.from(source.matchAll(/[%}#]\}/g), (match) => match.index + 2);
  let low = 0;
  let high = ends.length - 1;
  if (high < 0) return undefined;
  const failsAlike = (end: number) => {
    try {
      parseSource(source.slice(0, end));
      return false;
    } catch (error) {
      return error instanceof Error && error.message === message;
    }
  };
  while (low < high) {
    const middle = (low + high) >> 1;
    if (failsAlike(ends[middle]!)) high = middle;
    else low = middle + 1;
  }
  return source.slice(0, ends[low]).split('\n').length;
}

/** White space around blocks as `transformers` and llama.cpp have it. */
function parseSource(source: string): Program {
  return parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
}

/** @throws LocalLLMError template, with the line where it can be told */
export function parseTemplate(source: string): Program {
  if (source.length > MAX_TEMPLATE_CHARS) {
    throw new LocalLLMError(
      'template',
      `The model's chat template has ${source.length} characters; at most ${MAX_TEMPLATE_CHARS} are allowed. Choose another model.`,
    );
  }
  try {
    return parseSource(source);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = lineOfError(source, message);
    throw new LocalLLMError(
      'template',
      `The model's chat template cannot be read${line === undefined ? '' : `, line ${line}`}: ${message}. Choose another model.`,
      { cause: error },
    );
  }
}

/**
 * Renders with the variables given and the functions that templates expect.
 *
 * @param inputChars characters of the variables, which the limit on what comes out follows
 * @throws LocalLLMError template when the template fails, refuses, or passes a limit
 */
export function runTemplate(program: Program, variables: Record<string, unknown>, inputChars: number): string {
  const environment = new Environment();
  const globals: Record<string, unknown> = {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    raise_exception: refuse,
    range,
    strftime_now: (format: string) => strftime(new Date(), format),
  };
  try {
    for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value);
    const interpreter = new GuardedInterpreter(environment, MAX_STRING_CHARS + 8 * inputChars);
    return interpreter.run(program).toString();
  } catch (error) {
    if (error instanceof LocalLLMError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const problem =
      error instanceof LimitError
        ? `The model's chat template ${message}. Choose another model, or send less text.`
        : `The model's chat template fails on these messages: ${message}. Try without tools or a system message.`;
    throw new LocalLLMError('template', problem, { cause: error });
  }
}
