/**
 * How weight matrices lie on the GPU: 16-byte units of quants, row by row, and beside them f16 scales, two in a word.
 * The one table of weight types: another type is a shaders/lib/weights-*.wgsl and a row here.
 *
 * @module
 */
import type { Fragment } from '../kernel.ts';
import sixteenBit from '../lib/weights-16-bit.wgsl?raw';
import bf16 from '../lib/weights-bf16.wgsl?raw';
import f16 from '../lib/weights-f16.wgsl?raw';
import f32 from '../lib/weights-f32.wgsl?raw';
import q40 from '../lib/weights-q4-0.wgsl?raw';
import q80 from '../lib/weights-q8-0.wgsl?raw';

/** Elements that the kernels decode under one scale; columns come in multiples of it. */
export const BLOCK = 32;

interface TypeRow {
  /** In kernel names. */
  name: string;
  /** Elements in a unit, one vec4<u32>. */
  unit: number;
  /** Whether each block has a scale. */
  scaled: boolean;
  fragments: readonly Fragment[];
}

const file = (name: string, text: string): Fragment => ({ file: `shaders/lib/${name}.wgsl`, text });
const SIXTEEN_BIT = file('weights-16-bit', sixteenBit);

const TYPES = {
  F32: { name: 'f32', unit: 4, scaled: false, fragments: [file('weights-f32', f32)] },
  F16: { name: 'f16', unit: 8, scaled: false, fragments: [file('weights-f16', f16), SIXTEEN_BIT] },
  BF16: { name: 'bf16', unit: 8, scaled: false, fragments: [file('weights-bf16', bf16), SIXTEEN_BIT] },
  Q8_0: { name: 'q8-0', unit: 16, scaled: true, fragments: [file('weights-q8-0', q80)] },
  Q4_0: { name: 'q4-0', unit: 32, scaled: true, fragments: [file('weights-q4-0', q40)] },
} as const satisfies Record<string, TypeRow>;

/** The GGUF element types that the kernels can multiply with. */
export type WeightType = keyof typeof TYPES;

export const WEIGHT_TYPES = Object.keys(TYPES) as readonly WeightType[];

export function isWeightType(type: string): type is WeightType {
  return Object.hasOwn(TYPES, type);
}

export interface WeightLayout {
  /** vec4<u32>s of quants in a row. */
  unitsPerRow: number;
  /** u32s of scales in a row: 0 for float types. */
  scalesPerRow: number;
  quantBytes: number;
  scaleBytes: number;
}

/** What a matrix [rows, cols] takes on the GPU. `cols` is a multiple of {@link BLOCK}. */
export function weightLayout(type: WeightType, rows: number, cols: number): WeightLayout {
  const { unit, scaled } = TYPES[type];
  const unitsPerRow = Math.ceil(cols / unit);
  const scalesPerRow = scaled ? Math.ceil(cols / BLOCK / 2) : 0;
  return { unitsPerRow, scalesPerRow, quantBytes: rows * unitsPerRow * 16, scaleBytes: rows * scalesPerRow * 4 };
}

/** WGSL that declares `quants` and `scales` and decodes units; it reads activations from the kernel's `x`. */
export function weightFragments(type: WeightType): readonly Fragment[] {
  return TYPES[type].fragments;
}

/** The type as kernel names spell it: `q4-0`. */
export function weightName(type: WeightType): string {
  return TYPES[type].name;
}
