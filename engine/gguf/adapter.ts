/**
 * LoRA adapters in GGUF, as llama.cpp's convert_lora_to_gguf.py writes them: for each matrix W that is adapted two small ones,
 * `<W>.lora_a` and `<W>.lora_b`, which stand for W + scale · B·A. What an adapter file may say is checked here, before anything is
 * read for it.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import type { GgufFile, TensorInfo } from './parse.ts';
import type { GgmlType } from './types.ts';

/** The two factors of what is added to one matrix. */
export interface AdapterPair {
  /** Columns of W that meet this: A is [cols, rank], as the file lists it. Of the embedding table: [rank, vocabulary]. */
  a: TensorInfo;
  /** [rank, rows]. Of the embedding table: [rank, width]. */
  b: TensorInfo;
  rank: number;
}

export interface AdapterFile {
  /** `general.architecture`: that of the models it was made for. */
  architecture: string;
  /** What B·A is multiplied by, over the rank; 0: by nothing. */
  alpha: number;
  /** By the name of the tensor that is adapted. */
  pairs: ReadonlyMap<string, AdapterPair>;
}

/** What {@link matchAdapter} looks at of a model. */
export interface AdaptedModel {
  architecture: string;
  tensors: ReadonlyMap<string, Pick<TensorInfo, 'shape'>>;
}

/** Element types of factors. */
const FACTOR_TYPES: readonly GgmlType[] = ['F32', 'F16', 'BF16', 'Q8_0'];
/** Ranks are 4 to 256 in practice; beyond this an adapter is no small addition to anything. */
export const MAX_RANK = 1024;
/** Looked up by token: its factors are the other way round. */
export const EMBEDDING = 'token_embd.weight';

const PAIRED = /^(.+)\.lora_([ab])$/s;
/** Applied from certain tokens on only (activated LoRA): everywhere it would be wrong. */
const INVOCATION_TOKENS = 'adapter.alora.invocation_tokens';

/** Whether the file is an adapter of any kind, by its header: it cannot run by itself. */
export function isAdapter({ metadata }: Pick<GgufFile, 'metadata'>): boolean {
  const type = metadata.get('general.type');
  return type?.type === 'string' && type.value === 'adapter';
}

/**
 * What an adapter's header says.
 * @throws LocalLLMError bad-argument (a model, not an adapter), not-supported (another kind of adapter, tensors or types that are not
 * run), bad-file (it contradicts itself)
 */
export function readAdapter(file: GgufFile): AdapterFile {
  const { metadata } = file;
  if (!isAdapter(file)) {
    const type = metadata.string('general.type', 'model');
    throw new LocalLLMError(
      'bad-argument',
      `The file is no adapter: its general.type is ${quoted(type)}, not "adapter". Give a LoRA adapter in GGUF here, and a model where models are loaded.`,
    );
  }
  const kind = metadata.string('adapter.type', '');
  if (kind !== 'lora') throw unsupported(`its adapter.type is ${quoted(kind)}; "lora" is supported`);
  if (metadata.has(INVOCATION_TOKENS)) {
    throw unsupported(`it has ${INVOCATION_TOKENS}, so it applies to parts of a text only`);
  }
  const alpha = metadata.number('adapter.lora.alpha', 0);
  if (!Number.isFinite(alpha)) throw damaged(`adapter.lora.alpha is ${alpha}; it must be finite`);
  return { architecture: metadata.string('general.architecture'), alpha, pairs: readPairs(file.tensors.values()) };
}

function readPairs(tensors: Iterable<TensorInfo>): Map<string, AdapterPair> {
  const halves = new Map<string, { a?: TensorInfo; b?: TensorInfo }>();
  for (const tensor of tensors) {
    const [, name, which] = PAIRED.exec(tensor.name) ?? [];
    if (name === undefined) {
      throw unsupported(`its tensor ${quoted(tensor.name)} is neither a .lora_a nor a .lora_b and would be left out`);
    }
    if (!FACTOR_TYPES.includes(tensor.type)) {
      throw unsupported(
        `its tensor ${quoted(tensor.name)} is ${tensor.type}; ${FACTOR_TYPES.join(', ')} are supported`,
      );
    }
    const pair = halves.get(name) ?? {};
    halves.set(name, { ...pair, [which!]: tensor });
  }
  if (halves.size === 0) throw damaged('it has no tensors');
  return new Map([...halves].map(([name, { a, b }]) => [name, checkedPair(name, a, b)]));
}

function checkedPair(name: string, a: TensorInfo | undefined, b: TensorInfo | undefined): AdapterPair {
  if (!a || !b) throw damaged(`${quoted(`${name}.lora_${a ? 'b' : 'a'}`)} is missing, its other half is there`);
  for (const { name: own, shape } of [a, b]) {
    if (shape.length > 2 && shape.slice(2).some((n) => n !== 1)) {
      throw damaged(`the tensor ${quoted(own)} has shape [${shape.join(', ')}]; a factor has two dimensions`);
    }
  }
  const [rank = 0] = b.shape;
  const ofA = side(a, name === EMBEDDING ? 0 : 1);
  if (rank !== ofA) {
    throw damaged(
      `${quoted(a.name)} [${a.shape.join(', ')}] and ${quoted(b.name)} [${b.shape.join(', ')}] are of different ranks, ${ofA} and ${rank}`,
    );
  }
  if (rank > MAX_RANK) throw unsupported(`${quoted(name)} is adapted with rank ${rank}; the limit is ${MAX_RANK}`);
  return { a, b, rank };
}

/**
 * Whether an adapter fits a model: the same architecture, and for each pair a matrix of that name and shape.
 * @throws LocalLLMError bad-argument, naming what does not fit
 */
export function matchAdapter({ architecture, pairs }: AdapterFile, model: AdaptedModel): void {
  if (architecture !== model.architecture) {
    throw mismatch(
      `it was made for the architecture ${quoted(architecture)}, the model's is ${quoted(model.architecture)}`,
    );
  }
  for (const [name, { a, b }] of pairs) {
    const tensor = model.tensors.get(name);
    if (!tensor) throw mismatch(`it adapts the tensor ${quoted(name)}, which the model does not have`);
    const embedding = name === EMBEDDING;
    const fits = embedding
      ? tensor.shape[0] === side(b, 1) && side(tensor, 1) === side(a, 1)
      : tensor.shape[0] === a.shape[0] && side(tensor, 1) === side(b, 1);
    if (fits && tensor.shape.length <= 2) continue;
    const [cols, rows] = embedding ? [side(b, 1), side(a, 1)] : [a.shape[0], side(b, 1)];
    throw mismatch(
      `it adapts ${quoted(name)} as a matrix of [${cols}, ${rows}], the model's has [${tensor.shape.join(', ')}]`,
    );
  }
}

/** A dimension's length: 1 where the file leaves it out. */
const side = ({ shape }: Pick<TensorInfo, 'shape'>, axis: 0 | 1): number => shape[axis] ?? 1;

const unsupported = (why: string) =>
  new LocalLLMError('not-supported', `This adapter is not supported: ${why}. Look for a plain LoRA adapter in GGUF.`);
const damaged = (why: string) =>
  new LocalLLMError('bad-file', `The adapter is damaged: ${why}. Get it again, or convert it again with llama.cpp.`);
const mismatch = (why: string) =>
  new LocalLLMError(
    'bad-argument',
    `The adapter does not belong to this model: ${why}. Attach it to the model that it was trained on.`,
  );
