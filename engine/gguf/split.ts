/**
 * Models in several files, `name-00001-of-00003.gguf` and on, as llama.cpp's gguf-split cuts them: each part has a header and
 * tensors of its own, the first one has the model's metadata. Read as one file whose bytes are the parts' one after another.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import type { Metadata } from './metadata.ts';
import { type GgufFile, parseGguf, type TensorInfo } from './parse.ts';
import { concatSources } from './split-source.ts';
import type { ByteSource } from './source.ts';

/** A whole file, or all parts of a split one in any order. */
export type ModelSource = ByteSource | readonly ByteSource[];

/** Parts of one model; the largest that are offered have about a hundred. */
export const MAX_PARTS = 512;

const PART_NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;

interface Part {
  source: ByteSource;
  file: GgufFile;
  /** From 1, as in the file's name. */
  number: number;
  count: number;
  /** Tensors of the whole model. */
  tensorCount: number;
}

/** What a file's name says of its place in a split model; undefined for the name of a whole one. */
export function readPartName(name: string): { prefix: string; number: number; count: number } | undefined {
  const [, prefix, number, count] = PART_NAME.exec(name) ?? [];
  return prefix === undefined ? undefined : { prefix, number: Number(number), count: Number(count) };
}

export function partName(prefix: string, number: number, count: number): string {
  const digits = (value: number) => String(value).padStart(5, '0');
  return `${prefix}-${digits(number)}-of-${digits(count)}.gguf`;
}

/**
 * Parses a model's header or headers. The tensors' offsets refer to the source that is returned: a whole file itself, or
 * the parts one after another.
 *
 * @throws LocalLLMError as `parseGguf`, naming the part; bad-argument where parts are missing, given twice or of different
 * models; bad-file where they contradict each other
 */
export async function openModel(given: ModelSource): Promise<{ file: GgufFile; source: ByteSource }> {
  const sources = isList(given) ? given : [given];
  const [first] = sources;
  if (first === undefined) throw wrongParts('No file was given. Give a GGUF file, or all parts of one.');
  if (sources.length > MAX_PARTS) {
    throw wrongParts(`${sources.length} files were given; a model may have ${MAX_PARTS} parts.`);
  }
  if (sources.length === 1) {
    const file = await parseGguf(first);
    if (!isSplit(file.metadata)) return { file, source: first };
    return join([readPart(first, file)]);
  }
  const parts: Part[] = [];
  for (const [index, source] of sources.entries()) parts.push(readPart(source, await parsePart(source, index)));
  return join(parts);
}

const isList = (given: ModelSource): given is readonly ByteSource[] => Array.isArray(given);
const isSplit = (metadata: Metadata) => metadata.number('split.count', 0) > 1;
const wrongParts = (message: string) => new LocalLLMError('bad-argument', message);

async function parsePart(source: ByteSource, index: number): Promise<GgufFile> {
  try {
    return await parseGguf(source);
  } catch (error) {
    const { code, message, details } = LocalLLMError.from(error);
    const name = source.name ?? `File ${index + 1} of those given`;
    throw new LocalLLMError(code, `${name}: ${message}`, { cause: error, details });
  }
}

function readPart(source: ByteSource, file: GgufFile): Part {
  const name = source.name ?? 'One of the files';
  if (!isSplit(file.metadata)) {
    throw wrongParts(`${name} is a whole model, not a part of one (split.count is not above 1). Give it alone.`);
  }
  const whole = (key: string, low: number, high: number) => {
    const value = file.metadata.has(key) ? file.metadata.number(key) : undefined;
    if (value !== undefined && Number.isInteger(value) && value >= low && value <= high) return value;
    throw new LocalLLMError(
      'bad-file',
      `${name}: ${key} is ${value ?? 'missing'}; an integer from ${low} to ${high} is possible. The file is damaged: get it again.`,
    );
  };
  const count = whole('split.count', 2, MAX_PARTS);
  const number = whole('split.no', 0, count - 1) + 1;
  return { source, file, number, count, tensorCount: whole('split.tensors.count', 1, 2 ** 31 - 1) };
}

/** How a message calls a part. */
function label({ source, number, count }: Part): string {
  const part = `part ${number} of ${count}`;
  return source.name === undefined ? part : `${source.name} (${part})`;
}

/** The file name of another part, where this one's tells. */
function siblingName({ source, count }: Part, number: number): string | undefined {
  const { prefix, count: named } = (source.name !== undefined && readPartName(source.name)) || {};
  return prefix === undefined || named !== count ? undefined : partName(prefix, number, count);
}

/** The parts in order, every one there and of the same model. */
function inOrder(parts: readonly Part[]): Part[] {
  const any = parts.find((part) => part.number === 1) ?? parts[0]!;
  const { count, tensorCount } = any;
  const ordered: (Part | undefined)[] = Array.from({ length: count }, () => undefined);
  for (const part of parts) {
    if (part.count !== count || part.tensorCount !== tensorCount) {
      throw wrongParts(
        `${label(part)} belongs to another model than ${label(any)}: split.count is ${part.count} and ${count}, ` +
          `split.tensors.count ${part.tensorCount} and ${tensorCount}. Give the parts of one model.`,
      );
    }
    const other = ordered[part.number - 1];
    if (other)
      throw wrongParts(`${label(part)} and ${label(other)} are the same part (split.no). Give each part once.`);
    ordered[part.number - 1] = part;
  }
  const missing = ordered.flatMap((part, index) => (part ? [] : [index + 1]));
  const [number] = missing;
  if (number === undefined) return ordered as Part[];
  const name = siblingName(any, number);
  if (number === 1) {
    const first = name === undefined ? '' : `, ${name}`;
    throw wrongParts(
      `${label(any)} is not the beginning of its model. Give part 1${first}, with the others beside it.`,
    );
  }
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
  const what = `Part ${number}${name === undefined ? '' : `, ${name},`}${more}`;
  throw wrongParts(
    `${what} of the ${count} parts of this model ${missing.length > 1 ? 'are' : 'is'} missing. Get all of them, keep their names and give them together.`,
  );
}

function join(parts: readonly Part[]): { file: GgufFile; source: ByteSource } {
  const ordered = inOrder(parts);
  const [first] = ordered as [Part, ...Part[]];
  const source = concatSources(ordered.map((part) => part.source));
  const tensors = new Map<string, TensorInfo>();
  const from = new Map<string, Part>();
  let base = 0;
  for (const part of ordered) {
    for (const [name, tensor] of part.file.tensors) {
      const other = from.get(name);
      if (other) {
        throw new LocalLLMError(
          'bad-file',
          `The tensor ${quoted(name)} is both in ${label(other)} and in ${label(part)}: they are not of one model. Get all parts again.`,
        );
      }
      from.set(name, part);
      tensors.set(name, { ...tensor, offset: base + tensor.offset });
    }
    base += part.source.size;
  }
  if (tensors.size !== first.tensorCount) {
    throw new LocalLLMError(
      'bad-file',
      `The ${first.count} parts hold ${tensors.size} tensors; split.tensors.count is ${first.tensorCount}. Some are of another model: get all parts again.`,
    );
  }
  const { version, alignment, metadata, dataOffset } = first.file;
  return { file: { version, alignment, metadata, tensors, dataOffset, size: source.size }, source };
}
