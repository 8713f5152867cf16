/**
 * How the output rows of a forward are sampled, written to the GPU.
 *
 * @module
 */
import { BIAS_WORDS } from '../../shaders/sample/bias-logits.kernel.ts';
import { penalizes, ROW_WORDS, type RowSampling, writeSamplingRow } from '../../shaders/sample/sampling-rows.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Plan } from '../gpu/plan.ts';
import type { Drawing } from '../ops/drawing.ts';
import type { Masking } from '../ops/masking.ts';
import type { Sampling, SamplingBuffers } from '../ops/sampling.ts';
import { LocalLLMError } from '../protocol/errors.ts';

/** What is wanted of an output row. */
export interface OutputRequest {
  sampling: RowSampling & { logitBias: ReadonlyMap<number, number> };
  /** The sequence's tokens; penalties look at the last of them. */
  history: readonly number[];
  /** Whether the candidates and the softmax sums are read back, one of the sums at this temperature. */
  candidates: boolean;
  sumTemperature: number;
  /** The only tokens that may be taken, one bit each (`shaders/sample/mask-logits.kernel.ts`). Not within decode runs. */
  mask?: Uint32Array<ArrayBuffer> | undefined;
}

/** The most likely token, as it is. */
export const GREEDY: OutputRequest['sampling'] = {
  temperature: 0,
  topK: 1,
  topP: 1,
  minP: 0,
  seed: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
};

export class SamplingInputs {
  readonly #gpu: Gpu;
  readonly #sampling: Sampling;
  readonly #drawing: Drawing;
  readonly #vocab: number;
  readonly #rows: Uint32Array<ArrayBuffer>;
  readonly #biases: Uint32Array<ArrayBuffer>;
  readonly #temperatures: Float32Array<ArrayBuffer>;

  constructor(gpu: Gpu, sampling: Sampling, drawing: Drawing, vocab: number, maxOutputs: number) {
    this.#gpu = gpu;
    this.#sampling = sampling;
    this.#drawing = drawing;
    this.#vocab = vocab;
    this.#rows = new Uint32Array(maxOutputs * ROW_WORDS);
    this.#biases = new Uint32Array(sampling.buffers.biases.size / 4);
    this.#temperatures = new Float32Array(maxOutputs);
  }

  /**
   * Writes what the rows ask for; returns the plans that do it, to run after the forward.
   * @param masking wanted where a row has a mask
   * @throws LocalLLMError bad-argument
   */
  write(requests: readonly OutputRequest[], masking?: Masking): Plan[] {
    const { queue } = this.#gpu.device;
    const { plans, buffers } = this.#sampling;
    const draws = requests.some(({ sampling }) => sampling.temperature > 0);
    const penalties = requests.some(({ sampling }) => penalizes(sampling));
    const reads = requests.some(({ candidates }) => candidates);
    requests.forEach(({ sampling, history, mask }, row) =>
      writeSamplingRow(this.#rows, row, sampling, history, mask !== undefined),
    );
    requests.forEach(({ mask }, row) => {
      if (mask) queue.writeBuffer(masking!.masks, row * mask.byteLength, mask);
    });
    queue.writeBuffer(this.#drawing.rows, 0, this.#rows, 0, requests.length * ROW_WORDS);
    if (reads) {
      requests.forEach(({ sumTemperature }, i) => (this.#temperatures[i] = 1 / sumTemperature));
      queue.writeBuffer(buffers.inverseTemperatures, 0, this.#temperatures, 0, requests.length);
    }
    return [
      ...(penalties ? [this.#drawing.penalize] : []),
      ...(this.#writeBiases(buffers, requests) ? [plans.bias] : []),
      // Last, so that no bias or penalty brings a token back; before anything is picked or summed up.
      ...(requests.some(({ mask }) => mask !== undefined) ? [masking!.mask] : []),
      plans.best,
      ...(draws || reads ? [plans.candidates] : []),
      ...(reads ? [plans.sums] : []),
      ...(draws ? [this.#drawing.draw] : []),
    ];
  }

  /** Whether there are any; ids beyond the vocabulary are left out. */
  #writeBiases({ biases }: SamplingBuffers, requests: readonly OutputRequest[]): boolean {
    const words = this.#biases;
    const floats = new Float32Array(words.buffer);
    const capacity = words.length / BIAS_WORDS - 1;
    let count = 0;
    requests.forEach(({ sampling }, row) => {
      for (const [id, bias] of sampling.logitBias) {
        if (id >= this.#vocab) continue;
        if (count >= capacity) {
          throw new LocalLLMError('bad-argument', `More than ${capacity} logit biases in one step: give fewer.`);
        }
        const at = ++count * BIAS_WORDS;
        words[at] = row;
        words[at + 1] = id;
        floats[at + 2] = bias;
      }
    });
    if (count === 0) return false;
    words[0] = count;
    this.#gpu.device.queue.writeBuffer(biases, 0, words, 0, (count + 1) * BIAS_WORDS);
    return true;
  }
}
