/**
 * Checks shared by both ends of a channel.
 *
 * @module
 */
import * as v from 'valibot';
import { LocalLLMError } from './errors.ts';
import { DownFrameSchema, MAX_TEXT_CHARS } from './messages.ts';
import type { DownFrame, GenerateParams, Input } from './messages.ts';

/** An issue quotes the value it refuses, which may be a whole document. */
const MAX_ISSUE_CHARS = 300;

/** 'options.temperature: Invalid type: Expected number but received "hot"', for the first issue. */
export function describeIssue(issues: readonly v.BaseIssue<unknown>[], root = ''): string {
  const issue = issues[0];
  if (!issue) return `${root}: invalid value`;
  const path = [root, v.getDotPath(issue) ?? ''].filter((part) => part !== '').join('.');
  const message =
    issue.message.length > MAX_ISSUE_CHARS ? `${issue.message.slice(0, MAX_ISSUE_CHARS)}…` : issue.message;
  return path === '' ? message : `${path}: ${message}`;
}

/** @throws LocalLLMError bad-argument, naming the path of what is wrong */
export function parseChecked<S extends v.GenericSchema>(schema: S, value: unknown, root: string): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  throw new LocalLLMError('bad-argument', describeIssue(parsed.issues, root));
}

/** A frame, or the id (0 where there is none) and the reason of one that is refused. */
export function readDownFrame(value: unknown): { frame: DownFrame } | { id: number; error: LocalLLMError } {
  try {
    return { frame: parseChecked(DownFrameSchema, value, 'frame') };
  } catch (error) {
    const id = (value as { id?: unknown } | null | undefined)?.id;
    return { id: Number.isSafeInteger(id) ? (id as number) : 0, error: LocalLLMError.from(error) };
  }
}

/** @throws LocalLLMError quota, when the texts of a request are longer than 2^20 characters together */
export function checkTextSize(input: Input, options: GenerateParams): void {
  let chars = options.system?.length ?? 0;
  if (options.tools) chars += jsonChars(options.tools, 'options.tools');
  if (options.responseConstraint) chars += jsonChars(options.responseConstraint, 'options.responseConstraint');
  if (typeof input === 'string') chars += input.length;
  else
    for (const message of input) {
      chars += message.content.length;
      if (message.toolCalls) chars += jsonChars(message.toolCalls, 'input.toolCalls');
    }
  if (chars <= MAX_TEXT_CHARS) return;
  throw new LocalLLMError(
    'quota',
    `The request holds ${chars} characters of text; at most ${MAX_TEXT_CHARS} are allowed. Send less text.`,
    { details: { requested: chars, quota: MAX_TEXT_CHARS } },
  );
}

function jsonChars(value: unknown, name: string): number {
  try {
    return JSON.stringify(value).length;
  } catch (cause) {
    throw new LocalLLMError('bad-argument', `${name}: must be plain JSON (${String(cause)})`, { cause });
  }
}
