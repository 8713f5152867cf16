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
  rope: RopeParameters;
}

export interface RopeParameters {
  /** Dimensions of each head that rotate; even. */
  dim: number;
  base: number;
  /** Positions are divided by it (linear scaling). */
  scale: number;
  /** [dim / 2] divisors of the frequencies, a tensor's name; absent: none. */
  factorsTensor?: string;
}

/** A matrix on the GPU made of one or more tensors of the file, each [rows, cols]. */
export interface MatrixSpec {
  rows: number;
  cols: number;
  /** Row i of a part becomes row `firstRow + i * rowStep`: stacked (step 1) or interleaved (step 2). */
  parts: readonly { tensor: string; rows: number; firstRow: number; rowStep: number }[];
}

export interface VectorSpec {
  tensor: string;
  size: number;
}

export interface WeightSpecs {
  matrices: ReadonlyMap<string, MatrixSpec>;
  vectors: ReadonlyMap<string, VectorSpec>;
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
