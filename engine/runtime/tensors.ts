/**
 * The tensors of a file as an architecture's weights: which are there, of what type and shape, and how matrices are cut to fit bindings.
 *
 * @module
 */
import { isWeightType, weightLayout, type WeightType } from '../../shaders/matmul/weights.ts';
import type { Hyperparameters, MatrixSpec, WeightSpecs } from '../arch/architecture.ts';
import { factorNames } from '../arch/read-rope.ts';
import { dequantize } from '../gguf/dequantize.ts';
import { checkFinite } from '../gguf/finite.ts';
import type { GgufFile, TensorInfo } from '../gguf/parse.ts';
import type { ByteSource } from '../gguf/source.ts';
import type { Weights } from '../ops/context.ts';
import { LocalLLMError, quoted } from '../protocol/errors.ts';

export const ALIGNMENT = 256;
export const align = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Rows [firstRow, firstRow + rows) of a matrix, of one type, in one buffer. */
interface SegmentPlan {
  type: WeightType;
  firstRow: number;
  rows: number;
  bytes: number;
}

/** How a matrix is cut: by type, and so that each piece fits one binding. */
export function planSegments(name: string, spec: MatrixSpec, file: GgufFile, maxBytes: number): SegmentPlan[] {
  const typed = spec.parts.map((part) => ({
    ...part,
    type: tensorOf(file, part.tensor, [spec.cols, part.tensorRows]).type,
  }));
  const interleaved = typed.some((part) => part.rowStep > 1);
  const groups: { type: WeightType; firstRow: number; rows: number }[] = [];
  for (const part of typed) {
    if (!isWeightType(part.type)) {
      throw new LocalLLMError(
        'not-supported',
        `Tensor ${part.tensor} is ${part.type}, which this engine does not run.`,
      );
    }
    const last = groups.at(-1);
    if (last?.type === part.type) last.rows += part.rows;
    else groups.push({ type: part.type, firstRow: interleaved ? 0 : part.firstRow, rows: part.rows });
  }
  return groups.flatMap(({ type, firstRow, rows }) => {
    const perRow = weightLayout(type, 1, spec.cols);
    const limit = Math.floor((maxBytes - ALIGNMENT) / (perRow.quantBytes + perRow.scaleBytes) / 2) * 2;
    if (limit < 2)
      throw new LocalLLMError('out-of-memory', `A row of ${name} does not fit one binding of this device.`);
    const segments: SegmentPlan[] = [];
    for (let at = 0; at < rows; at += limit) {
      const count = Math.min(limit, rows - at);
      const { quantBytes, scaleBytes } = weightLayout(type, count, spec.cols);
      segments.push({ type, firstRow: firstRow + at, rows: count, bytes: align(quantBytes) + align(scaleBytes) });
    }
    return segments;
  });
}

/** The tensor of that name and shape. @throws LocalLLMError bad-file */
export function tensorOf(file: GgufFile, name: string, shape: readonly number[]): TensorInfo {
  const tensor = file.tensors.get(name);
  if (!tensor)
    throw new LocalLLMError('bad-file', `The file lacks the tensor ${name}. It is damaged or of an unknown variant.`);
  const given = [...tensor.shape];
  while (given.length > shape.length && given.at(-1) === 1) given.pop();
  if (given.length !== shape.length || given.some((n, i) => n !== shape[i])) {
    throw new LocalLLMError(
      'bad-file',
      `Tensor ${name} has shape [${tensor.shape.join(', ')}], the hyper-parameters ask for [${shape.join(', ')}].`,
    );
  }
  return tensor;
}

/** Refuses a file with tensors that the forward would leave out: its answers would be wrong without a word. */
export function refuseUnusedTensors(file: GgufFile, specs: WeightSpecs, hp: Hyperparameters): void {
  const used = new Set(Object.values(hp.ropes).flatMap((rope) => factorNames(rope.factors)));
  for (const m of specs.matrices.values()) for (const part of m.parts) used.add(part.tensor);
  for (const v of specs.vectors.values()) for (const part of v.parts) used.add(part.tensor);
  const ignored = (name: string) => specs.ignored.some((beginning) => name.startsWith(beginning));
  const unused = [...file.tensors.keys()].filter((name) => !used.has(name) && !ignored(name));
  if (unused.length > 0) {
    const more = unused.length > 1 ? ` and ${unused.length - 1} more` : '';
    throw new LocalLLMError(
      'not-supported',
      `The file has the tensor ${quoted(unused[0]!)}${more}, which this architecture does not use here: this variant is not supported.`,
    );
  }
}

/** The weights, and a check that the forward has asked for all of them: one that it left out would be missing without a word. */
export function watched(weights: Weights, { matrices, vectors }: WeightSpecs): { weights: Weights; check(): void } {
  const asked = new Set<string>();
  const note = <T>(get: (name: string) => T) => {
    return (name: string): T => {
      asked.add(name);
      return get(name);
    };
  };
  return {
    weights: {
      matrix: note(weights.matrix),
      vector: note(weights.vector),
      optional: note(weights.optional),
      has: weights.has,
    },
    /** @throws LocalLLMError not-supported */
    check() {
      const left = [...matrices.keys(), ...vectors.keys()].find((name) => !asked.has(name));
      if (left === undefined) return;
      throw new LocalLLMError(
        'not-supported',
        `The file has ${quoted(left)}, which this architecture does not use here: this variant is not supported.`,
      );
    },
  };
}

/** A float tensor as f32, on the CPU: norm weights, biases and RoPE factors. @throws LocalLLMError bad-file, not-supported */
export async function readVector(
  file: GgufFile,
  source: ByteSource,
  name: string,
  shape: readonly number[],
): Promise<Float32Array<ArrayBuffer>> {
  const tensor = tensorOf(file, name, shape);
  return vectorOf(tensor, await source.read(tensor.offset, tensor.bytes));
}

/** The values of a float tensor. @throws LocalLLMError bad-file, not-supported */
export function vectorOf(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  checkFinite(tensor, bytes);
  try {
    return dequantize(tensor.type, bytes);
  } catch (cause) {
    throw new LocalLLMError(
      'not-supported',
      `Tensor ${tensor.name} is ${tensor.type}, which this engine does not run.`,
      { cause },
    );
  }
}

/** What the architecture listed under a key. */
export function listed<K, T>(map: ReadonlyMap<K, T>, key: K): T {
  const found = map.get(key);
  if (found === undefined) throw new Error(`the architecture did not list ${String(key)}`);
  return found;
}
