/**
 * Chats out of a JSON file that anyone may have written: nothing of it is taken that was not checked.
 *
 * @module
 */
import * as v from 'valibot';
import { LocalLLMError, legible, quoted } from '../../../engine/protocol/errors.ts';
import type { ErrorCode } from '../../../engine/protocol/errors.ts';
import { GenerateParamsSchema } from '../../../engine/protocol/messages.ts';
import { FORMAT, FORMAT_VERSION } from './export-json.ts';
import type { WholeChat } from './records.ts';

/** Limits of one file; what the app writes stays far below them. */
const MAX_CHATS = 10_000;
const MAX_MESSAGES = 20_000;
const MAX_ATTACHMENTS = 10_000;
const MAX_TEXT_CHARS = 1 << 24;
const MAX_TITLE_CHARS = 500;
const MAX_NAME_CHARS = 500;
const MAX_DATE_MS = 8.64e15;

const CODES = Object.keys({
  'bad-argument': true,
  'not-allowed': true,
  'not-supported': true,
  'no-webgpu': true,
  'no-adapter': true,
  'out-of-memory': true,
  'device-lost': true,
  shader: true,
  numerics: true,
  'bad-file': true,
  'hash-mismatch': true,
  storage: true,
  'storage-full': true,
  network: true,
  quota: true,
  template: true,
  aborted: true,
  disconnected: true,
  'invalid-state': true,
  internal: true,
} satisfies Record<ErrorCode, true>) as ErrorCode[];

const id = v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/, 'an id of 1 to 64 letters, digits, dots, dashes'));
const text = v.pipe(v.string(), v.maxLength(MAX_TEXT_CHARS));
const name = v.pipe(v.string(), v.maxLength(MAX_NAME_CHARS));
const time = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_DATE_MS));
const figure = v.pipe(v.number(), v.finite(), v.minValue(0));

const { system, temperature, topP, topK, minP, repetitionPenalty, maxTokens, seed, thinking } =
  GenerateParamsSchema.entries;
const SettingsSchema = v.strictObject({
  system,
  temperature,
  topP,
  topK,
  minP,
  repetitionPenalty,
  maxTokens,
  seed,
  thinking,
});

const MessageSchema = v.strictObject({
  id,
  parent: v.nullable(id),
  role: v.picklist(['user', 'assistant']),
  text,
  attachments: v.exactOptional(v.pipe(v.array(v.strictObject({ name, text })), v.maxLength(MAX_ATTACHMENTS))),
  createdMs: time,
  status: v.picklist(['complete', 'stopped', 'failed']),
  error: v.exactOptional(
    v.strictObject({
      code: v.picklist(CODES),
      message: text,
      requested: v.exactOptional(figure),
      quota: v.exactOptional(figure),
    }),
  ),
  finishReason: v.exactOptional(v.picklist(['stop', 'length', 'tool-calls'])),
  completionTokens: v.exactOptional(figure),
  tokensPerSecond: v.exactOptional(figure),
  model: v.exactOptional(name),
});

const ChatSchema = v.pipe(
  v.strictObject({
    id,
    title: v.pipe(v.string(), v.maxLength(MAX_TITLE_CHARS)),
    titledBy: v.picklist(['question', 'person']),
    createdMs: time,
    updatedMs: time,
    leaf: v.exactOptional(id),
    settings: v.exactOptional(SettingsSchema),
    messages: v.pipe(v.array(MessageSchema), v.maxLength(MAX_MESSAGES)),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed && treeProblem(dataset.value.messages, dataset.value.leaf);
    if (problem) addIssue({ message: problem });
  }),
);

const FileSchema = v.strictObject({
  format: v.literal(FORMAT),
  version: v.literal(FORMAT_VERSION),
  chats: v.pipe(v.array(ChatSchema), v.maxLength(MAX_CHATS)),
});

/**
 * @param json text of the file
 * @throws LocalLLMError bad-file, not-supported: a newer format
 */
export function chatsOfJson(json: string): WholeChat[] {
  let file: unknown;
  try {
    file = JSON.parse(json);
  } catch (cause) {
    const why = legible(cause instanceof Error ? cause.message : String(cause));
    throw new LocalLLMError('bad-file', `It is no valid JSON, perhaps it was cut: ${why}`, { cause });
  }
  return checkedChats(file);
}

/** @throws LocalLLMError bad-file, not-supported: a newer format */
export function checkedChats(file: unknown): WholeChat[] {
  const { format, version } = (typeof file === 'object' && file !== null ? file : {}) as Record<string, unknown>;
  if (format !== FORMAT) throw new LocalLLMError('bad-file', 'It holds no chats of localLLM.');
  if (typeof version === 'number') refuseNewer(version);
  const { success, output, issues } = v.safeParse(FileSchema, file, { abortEarly: true });
  if (!success) {
    const [issue] = issues;
    const where = v.getDotPath(issue);
    throw new LocalLLMError('bad-file', legible(`It is damaged${where ? ` at ${where}` : ''}: ${issue.message}`));
  }
  return output.chats.map(({ messages, ...conversation }) => ({ conversation, messages }));
}

/** @throws LocalLLMError not-supported */
export function refuseNewer(version: number): void {
  if (version <= FORMAT_VERSION) return;
  throw new LocalLLMError(
    'not-supported',
    `It was written by a newer localLLM (format ${version}, this one reads ${FORMAT_VERSION}). Update, then import it again.`,
  );
}

/** What keeps messages from being a tree. */
function treeProblem(messages: readonly { id: string; parent: string | null }[], leaf?: string): string | undefined {
  const parents = new Map(messages.map((message) => [message.id, message.parent]));
  if (parents.size < messages.length) return 'two messages have the same id';
  if (leaf !== undefined && !parents.has(leaf)) return `there is no message ${quoted(leaf)}`;
  const rooted = new Set<string>();
  for (const message of messages) {
    const way = new Set<string>();
    for (let at: string | null = message.id; at !== null && !rooted.has(at); at = parents.get(at)!) {
      if (!parents.has(at)) return `there is no message ${quoted(at)}`;
      if (way.has(at)) return `message ${quoted(at)} follows itself`;
      way.add(at);
    }
    for (const one of way) rooted.add(one);
  }
  return undefined;
}
