/**
 * What one file per architecture provides: hyper-parameters, weights, forward.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import type { ForwardContext } from '../ops/context.ts';

/** What the runtime needs to know of any model; an architecture may read more for itself. */
export interface Hyperparameters {
  /** Tokens the model was trained for. */
  contextTokens: number;
  /** Floats of the residual stream. */
  width: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  ffnWidth: number;
  vocab: number;
  rmsEpsilon: number;
  /** Tables of rotations, by the names under which the forward asks for them. */
  ropes: Readonly<Record<string, RopeParameters>>;
  /** Layers that keep keys and values of every token. */
  attentionLayers: readonly number[];
  /** Layers that keep a state of fixed size instead. */
  recurrent?: RecurrentParameters;
}

export interface RopeParameters {
  /** Dimensions of each head that rotate; even. */
  dim: number;
  base: number;
  /** Positions are divided by it: linear scaling, and what YaRN interpolates to. */
  scale: number;
  /** Cosines and sines are multiplied by it. */
  magnitude: number;
  /** Frequencies between the two turns keep more and more of their own pace (YaRN). */
  yarn?: YarnParameters;
  /** [dim / 2] divisors of the frequencies. */
  factors?: RopeFactors;
}

export interface YarnParameters {
  originalContext: number;
  /** Turns over the original context from which on a frequency is left alone. */
  betaFast: number;
  /** Turns up to which it is scaled in full. */
  betaSlow: number;
}

/** A tensor's name; where there are two, `long` serves contexts above the original one. */
export type RopeFactors = { tensor: string } | { short: string; long: string; originalContext: number };

export interface RecurrentParameters {
  layers: readonly number[];
  /** Floats that each of those layers keeps of a sequence, by the buffer's name. */
  floats: Readonly<Record<string, number>>;
}

/** A matrix on the GPU made of rows of one or more tensors of the file, each [tensorRows, cols]. */
export interface MatrixSpec {
  rows: number;
  cols: number;
  parts: readonly MatrixPart[];
}

export interface MatrixPart {
  tensor: string;
  tensorRows: number;
  /** The first row of the tensor that is taken, and how many are. */
  fromRow: number;
  rows: number;
  /** Row i of those becomes row `firstRow + i * rowStep`: stacked (step 1) or interleaved (step 2). */
  firstRow: number;
  rowStep: number;
}

/** A vector of f32 on the GPU; what no part covers is 0. */
export interface VectorSpec {
  size: number;
  parts: readonly VectorPart[];
}

export interface VectorPart {
  tensor: string;
  /** The tensor's shape, as the file lists it: [size], or more dimensions that are taken as they lie. */
  shape: readonly number[];
  /** Element i becomes element `first + i * step`. */
  first: number;
  step: number;
}

export interface WeightSpecs {
  matrices: ReadonlyMap<string, MatrixSpec>;
  vectors: ReadonlyMap<string, VectorSpec>;
  /** Beginnings of names of tensors that the forward knowingly leaves out. */
  ignored: readonly string[];
}

export interface Architecture<H extends Hyperparameters = Hyperparameters> {
  /** `general.architecture` of the file. */
  readonly name: string;
  /** @throws LocalLLMError bad-file, not-supported */
  hyperparameters(file: GgufFile): H;
  weights(hp: H, file: GgufFile): WeightSpecs;
  /** Records the forward into `f.plan`; the last step leaves logits [outputs, vocab] in the returned buffer. */
  forward(f: ForwardContext, hp: H): Promise<GPUBuffer>;
}
