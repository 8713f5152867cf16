/**
 * Every element type that ggml has given a number, with its block layout.
 * The engine computes with a few of them; the rest are here so that a file can be described before it is refused.
 * Source: ggml.h (`enum ggml_type`) and ggml-common.h.
 *
 * @module
 */

interface TypeLayout {
  /** The number in the file. */
  readonly id: number;
  /** Elements in one block; a row holds whole blocks. */
  readonly blockElements: number;
  /** Bytes of one block. */
  readonly blockBytes: number;
}
const layout = (id: number, blockElements: number, blockBytes: number): TypeLayout => ({
  id,
  blockElements,
  blockBytes,
});

/** Layouts by name, as llama.cpp writes the names. */
export const GGML_TYPES = {
  F32: layout(0, 1, 4),
  F16: layout(1, 1, 2),
  Q4_0: layout(2, 32, 18),
  Q4_1: layout(3, 32, 20),
  Q5_0: layout(6, 32, 22),
  Q5_1: layout(7, 32, 24),
  Q8_0: layout(8, 32, 34),
  Q8_1: layout(9, 32, 36),
  Q2_K: layout(10, 256, 84),
  Q3_K: layout(11, 256, 110),
  Q4_K: layout(12, 256, 144),
  Q5_K: layout(13, 256, 176),
  Q6_K: layout(14, 256, 210),
  Q8_K: layout(15, 256, 292),
  IQ2_XXS: layout(16, 256, 66),
  IQ2_XS: layout(17, 256, 74),
  IQ3_XXS: layout(18, 256, 98),
  IQ1_S: layout(19, 256, 50),
  IQ4_NL: layout(20, 32, 18),
  IQ3_S: layout(21, 256, 110),
  IQ2_S: layout(22, 256, 82),
  IQ4_XS: layout(23, 256, 136),
  I8: layout(24, 1, 1),
  I16: layout(25, 1, 2),
  I32: layout(26, 1, 4),
  I64: layout(27, 1, 8),
  F64: layout(28, 1, 8),
  IQ1_M: layout(29, 256, 56),
  BF16: layout(30, 1, 2),
  TQ1_0: layout(34, 256, 54),
  TQ2_0: layout(35, 256, 66),
  MXFP4: layout(39, 32, 17),
  NVFP4: layout(40, 64, 36),
  Q1_0: layout(41, 128, 18),
  Q2_0: layout(42, 64, 18),
} as const satisfies Record<string, TypeLayout>;

/** 'F32', 'Q4_0', … */
export type GgmlType = keyof typeof GGML_TYPES;

/** Types that llama.cpp itself took out of the format again. */
export const REMOVED_TYPES: ReadonlyMap<number, string> = new Map([
  [4, 'Q4_2'],
  [5, 'Q4_3'],
  [31, 'Q4_0_4_4'],
  [32, 'Q4_0_4_8'],
  [33, 'Q4_0_8_8'],
  [36, 'IQ4_NL_4_4'],
  [37, 'IQ4_NL_4_8'],
  [38, 'IQ4_NL_8_8'],
]);

const nameById = new Map(Object.entries(GGML_TYPES).map(([name, { id }]) => [id, name as GgmlType]));

/** The type with this number, or undefined where ggml has none (or has no longer). */
export function ggmlTypeName(id: number): GgmlType | undefined {
  return nameById.get(id);
}
