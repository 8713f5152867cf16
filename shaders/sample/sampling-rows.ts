/**
 * How the tokens of a batch's output rows are drawn, in the layout of `shaders/lib/sampling-rows.wgsl`.
 *
 * @module
 */
export const ROW_WORDS = 80;
/** Tokens that penalties look back on: llama.cpp's `penalty_last_n`. */
export const HISTORY = 64;
const HISTORY_AT = 16;
const FLAG = { draws: 1, penalizes: 2, masked: 8 };

export interface RowSampling {
  /** 0: the most likely token. */
  temperature: number;
  /** 1 … 128. */
  topK: number;
  topP: number;
  minP: number;
  seed: number;
  /** 1: none. */
  repetitionPenalty: number;
  presencePenalty: number;
  frequencyPenalty: number;
}

export const penalizes = (s: RowSampling): boolean =>
  s.repetitionPenalty !== 1 || s.presencePenalty !== 0 || s.frequencyPenalty !== 0;

/** Writes a row. `history`: the sequence's tokens, of which the last {@link HISTORY} count. `masked`: it has a mask. */
export function writeSamplingRow(
  words: Uint32Array<ArrayBuffer>,
  row: number,
  sampling: RowSampling,
  history: readonly number[],
  masked = false,
): void {
  const at = row * ROW_WORDS;
  const { temperature, topK, topP, minP, seed, repetitionPenalty, presencePenalty, frequencyPenalty } = sampling;
  const flags =
    (temperature > 0 ? FLAG.draws : 0) | (penalizes(sampling) ? FLAG.penalizes : 0) | (masked ? FLAG.masked : 0);
  const last = history.slice(-HISTORY);
  words.set([flags, seed >>> 0, topK], at);
  const inverse = temperature > 0 ? 1 / temperature : 1;
  new Float32Array(words.buffer).set(
    [topP, minP, inverse, repetitionPenalty, presencePenalty, frequencyPenalty],
    words.byteOffset / 4 + at + 3,
  );
  words[at + 9] = last.length;
  words.set(last, at + HISTORY_AT);
}
