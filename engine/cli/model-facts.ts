/**
 * What the header of a GGUF file says of its model.
 *
 * @module
 */
import { type TemplateTraits, templateTraits } from '../chat/template-family.ts';
import type { GgufFile, TensorInfo } from '../gguf/parse.ts';

export interface TypeShare {
  type: string;
  tensors: number;
  bytes: number;
  /** Of all tensors' bytes, 0…1. */
  share: number;
}

export interface ModelFacts {
  version: number;
  /** Of a split model's part whose others are missing: tensors are counted of this part alone. */
  part?: { number: number; count: number };
  name?: string;
  architecture?: string;
  /** Elements of all tensors. */
  parameters: number;
  bitsPerWeight: number;
  /** Largest share first. */
  types: TypeShare[];
  /** What the model was trained for. */
  contextTokens?: number;
  tokenizer: { model?: string; pre?: string; tokens?: number };
  template: TemplateTraits;
  metadata: Record<string, string | number | boolean>;
}

export const elementsOf = ({ shape }: TensorInfo) => shape.reduce((product, length) => product * length, 1);

/** Nothing here throws: a key of another type than usual counts as missing. */
export function factsOf(file: GgufFile, whole: boolean): ModelFacts {
  const text = (key: string) => {
    const found = file.metadata.get(key);
    return found?.type === 'string' ? found.value : undefined;
  };
  const architecture = text('general.architecture');
  const context = file.metadata.get(`${architecture}.context_length`)?.value;
  const tokens = file.metadata.get('tokenizer.ggml.tokens');
  const model = text('tokenizer.ggml.model');
  const pre = text('tokenizer.ggml.pre');
  const name = text('general.name');
  const no = file.metadata.get('split.no')?.value;
  const count = file.metadata.get('split.count')?.value;
  const tensors = [...file.tensors.values()];
  const parameters = tensors.reduce((sum, tensor) => sum + elementsOf(tensor), 0);
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  return {
    version: file.version,
    ...(whole || typeof no !== 'number' || typeof count !== 'number' ? {} : { part: { number: no + 1, count } }),
    ...(name === undefined ? {} : { name }),
    ...(architecture === undefined ? {} : { architecture }),
    parameters,
    bitsPerWeight: parameters === 0 ? 0 : (bytes * 8) / parameters,
    types: typeShares(tensors, bytes),
    ...(typeof context === 'number' ? { contextTokens: context } : {}),
    tokenizer: {
      ...(model === undefined ? {} : { model }),
      ...(pre === undefined ? {} : { pre }),
      ...(tokens?.type === 'array' ? { tokens: tokens.value.length } : {}),
    },
    template: templateTraits(text('tokenizer.chat_template')),
    metadata: plainMetadata(file),
  };
}

function typeShares(tensors: readonly TensorInfo[], totalBytes: number): TypeShare[] {
  const shares = new Map<string, TypeShare>();
  for (const { type, bytes } of tensors) {
    const share = shares.get(type) ?? { type, tensors: 0, bytes: 0, share: 0 };
    share.tensors++;
    share.bytes += bytes;
    share.share = share.bytes / totalBytes;
    shares.set(type, share);
  }
  return [...shares.values()].sort((a, b) => b.bytes - a.bytes);
}

/** Arrays by their length, 64-bit integers as text. */
function plainMetadata({ metadata }: GgufFile): ModelFacts['metadata'] {
  return Object.fromEntries(
    [...metadata.entries()].map(([key, { value }]) => {
      if (typeof value === 'object') return [key, `[${value.length} values]`];
      return [key, typeof value === 'bigint' ? value.toString() : value];
    }),
  );
}
