/**
 * How weight matrices lie on the GPU, in the bits that the file has: planes of quants, row by row in 16-byte units, and
 * beside them the scales, row by row in words. The one table of weight types; docs/adding-a-quantization.md says how to add one.
 *
 * @module
 */
import type { Fragment } from '../kernel.ts';
import integers from '../lib/integers.wgsl?raw';
import integers2 from '../lib/integers-2-bit.wgsl?raw';
import integers3 from '../lib/integers-3-bit.wgsl?raw';
import integers4 from '../lib/integers-4-bit.wgsl?raw';
import integers5 from '../lib/integers-5-bit.wgsl?raw';
import integers6 from '../lib/integers-6-bit.wgsl?raw';
import integers8 from '../lib/integers-8-bit.wgsl?raw';
import integersBy16 from '../lib/integers-by-16.wgsl?raw';
import integersBy32 from '../lib/integers-by-32.wgsl?raw';
import sixteenBit from '../lib/weights-16-bit.wgsl?raw';
import twoBit from '../lib/weights-2-bit.wgsl?raw';
import threeBit from '../lib/weights-3-bit.wgsl?raw';
import fourBit from '../lib/weights-4-bit.wgsl?raw';
import fiveBit from '../lib/weights-5-bit.wgsl?raw';
import sixBit from '../lib/weights-6-bit.wgsl?raw';
import bf16 from '../lib/weights-bf16.wgsl?raw';
import by16 from '../lib/weights-by-16.wgsl?raw';
import by32 from '../lib/weights-by-32.wgsl?raw';
import curve from '../lib/weights-curve.wgsl?raw';
import f16 from '../lib/weights-f16.wgsl?raw';
import f32 from '../lib/weights-f32.wgsl?raw';
import levels from '../lib/weights-levels.wgsl?raw';
import linear from '../lib/weights-linear.wgsl?raw';
import q80 from '../lib/weights-q8-0.wgsl?raw';
import scale6Bit from '../lib/weights-scale-6-bit.wgsl?raw';
import scaleE8m0 from '../lib/weights-scale-e8m0.wgsl?raw';
import scaleF16Min from '../lib/weights-scale-f16-min.wgsl?raw';
import scaleF16 from '../lib/weights-scale-f16.wgsl?raw';
import scaleIq4Xs from '../lib/weights-scale-iq4-xs.wgsl?raw';
import scaleQ2K from '../lib/weights-scale-q2-k.wgsl?raw';
import scaleQ3K from '../lib/weights-scale-q3-k.wgsl?raw';
import scaleQ4K from '../lib/weights-scale-q4-k.wgsl?raw';
import scaleQ6K from '../lib/weights-scale-q6-k.wgsl?raw';

/** Elements that the kernels decode under one scale; columns come in multiples of it. */
export const BLOCK = 32;

interface TypeRow {
  /** In kernel names. */
  name: string;
  /** Elements that one step of the vector kernel takes. */
  step: number;
  /** vec4<u32>s of quants in a row of so many blocks. */
  units: (blocks: number) => number;
  /** u32s of scales in a row of so many blocks. */
  scales: (blocks: number) => number;
  fragments: readonly Fragment[];
  /** The same for products in integers, of types whose levels are integers. */
  integers?: readonly Fragment[];
}

const file = (name: string, text: string): Fragment => ({ file: `shaders/lib/weights-${name}.wgsl`, text });
const integersFile = (name: string, text: string): Fragment => ({ file: `shaders/lib/integers${name}.wgsl`, text });
const prelude = (constants: Record<string, number>): Fragment => ({
  file: 'prelude',
  text: Object.entries(constants)
    .map(([name, value]) => `const ${name}: f32 = ${value};`)
    .join('\n'),
});

const SIXTEEN_BIT = file('16-bit', sixteenBit);
const LEVELS = file('levels', levels);
const LINEAR = file('linear', linear);
const CURVE = file('curve', curve);
const BY_32 = file('by-32', by32);
const BY_16 = file('by-16', by16);
const INTEGERS = integersFile('', integers);
const INTEGERS_BY_32 = integersFile('-by-32', integersBy32);
const INTEGERS_BY_16 = integersFile('-by-16', integersBy16);
const SCALE_F16 = file('scale-f16', scaleF16);
const SCALE_F16_MIN = file('scale-f16-min', scaleF16Min);
const SCALE_Q4_K = [file('scale-6-bit', scale6Bit), file('scale-q4-k', scaleQ4K)];

const floats = (name: string, step: number, ...fragments: Fragment[]): TypeRow => ({
  name,
  step,
  units: (blocks) => blocks * (BLOCK / step),
  scales: () => 0,
  fragments,
});

/** Planes of bits: what they take of a row, and what puts levels of them together, as floats and as bytes. */
const PLANES = {
  2: {
    units: (blocks: number) => Math.ceil(blocks / 2),
    fragment: file('2-bit', twoBit),
    bytes: integersFile('-2-bit', integers2),
  },
  3: {
    units: (blocks: number) => Math.ceil(blocks / 2) + Math.ceil(blocks / 4),
    fragment: file('3-bit', threeBit),
    bytes: integersFile('-3-bit', integers3),
  },
  4: { units: (blocks: number) => blocks, fragment: file('4-bit', fourBit), bytes: integersFile('-4-bit', integers4) },
  5: {
    units: (blocks: number) => blocks + Math.ceil(blocks / 4),
    fragment: file('5-bit', fiveBit),
    bytes: integersFile('-5-bit', integers5),
  },
  6: {
    units: (blocks: number) => blocks + Math.ceil(blocks / 2),
    fragment: file('6-bit', sixBit),
    bytes: integersFile('-6-bit', integers6),
  },
};

const levelled = (
  name: string,
  bits: keyof typeof PLANES,
  scales: TypeRow['scales'],
  ...fragments: Fragment[]
): TypeRow => ({
  name,
  step: BLOCK,
  units: PLANES[bits].units,
  scales,
  fragments: [LEVELS, PLANES[bits].fragment, ...fragments],
  ...(fragments.includes(LINEAR) && {
    integers: [INTEGERS, PLANES[bits].bytes, ...fragments.filter((f) => f !== LINEAR).map(inIntegers)],
  }),
});

/** The fragment that does for bytes what `fragment` does for floats; most serve both. */
function inIntegers(fragment: Fragment): Fragment {
  if (fragment === BY_32) return INTEGERS_BY_32;
  return fragment === BY_16 ? INTEGERS_BY_16 : fragment;
}

/** Words of scales in a row: so many for each so many blocks. */
const words = (count: number, blocks: number) => (inRow: number) => Math.ceil(inRow / blocks) * count;

/** Coefficients of polynomials in (level - 7.5) that give the tables when rounded: least maximal errors, 0.43 and 0.40. */
export const CURVES = {
  IQ4_NL: [-4.301249, 11.5172086, -0.1371927, 0.07866772, 0.00158604],
  /** Levels are not the file's nibbles but count its values upwards, from -12 to 12. */
  MXFP4: [0, 0.5260771, 0, 0.01814059, 0],
} as const;
const curveOf = (table: keyof typeof CURVES) =>
  prelude(Object.fromEntries(CURVES[table].map((value, power) => [`CURVE_${power}`, value])));

const TYPES = {
  F32: floats('f32', 4, file('f32', f32)),
  F16: floats('f16', 8, file('f16', f16), SIXTEEN_BIT),
  BF16: floats('bf16', 8, file('bf16', bf16), SIXTEEN_BIT),
  Q8_0: {
    name: 'q8-0',
    step: 16,
    units: (blocks) => blocks * 2,
    scales: words(1, 2),
    fragments: [file('q8-0', q80)],
    integers: [INTEGERS, integersFile('-8-bit', integers8), INTEGERS_BY_32, prelude({ ZERO: 0 }), SCALE_F16],
  },
  Q4_0: levelled('q4-0', 4, words(1, 2), LINEAR, BY_32, prelude({ ZERO: 8 }), SCALE_F16),
  Q4_1: levelled('q4-1', 4, words(1, 1), LINEAR, BY_32, SCALE_F16_MIN),
  Q5_0: levelled('q5-0', 5, words(1, 2), LINEAR, BY_32, prelude({ ZERO: 16 }), SCALE_F16),
  Q5_1: levelled('q5-1', 5, words(1, 1), LINEAR, BY_32, SCALE_F16_MIN),
  Q2_K: levelled('q2-k', 2, words(5, 8), LINEAR, BY_16, file('scale-q2-k', scaleQ2K)),
  Q3_K: levelled('q3-k', 3, words(4, 8), LINEAR, BY_16, file('scale-6-bit', scale6Bit), file('scale-q3-k', scaleQ3K)),
  Q4_K: levelled('q4-k', 4, words(4, 8), LINEAR, BY_32, ...SCALE_Q4_K),
  Q5_K: levelled('q5-k', 5, words(4, 8), LINEAR, BY_32, ...SCALE_Q4_K),
  Q6_K: levelled('q6-k', 6, words(5, 8), LINEAR, BY_16, file('scale-q6-k', scaleQ6K)),
  IQ4_NL: levelled('iq4-nl', 4, words(1, 2), curveOf('IQ4_NL'), CURVE, BY_32, prelude({ ZERO: 0 }), SCALE_F16),
  IQ4_XS: levelled('iq4-xs', 4, words(2, 8), curveOf('IQ4_NL'), CURVE, BY_32, file('scale-iq4-xs', scaleIq4Xs)),
  MXFP4: levelled('mxfp4', 4, words(1, 4), curveOf('MXFP4'), CURVE, BY_32, file('scale-e8m0', scaleE8m0)),
} as const satisfies Record<string, TypeRow>;

/** The GGUF element types that the kernels can multiply with. */
export type WeightType = keyof typeof TYPES;

export const WEIGHT_TYPES = Object.keys(TYPES) as readonly WeightType[];

export function isWeightType(type: string): type is WeightType {
  return Object.hasOwn(TYPES, type);
}

export interface WeightLayout {
  /** Blocks of {@link BLOCK} elements in a row. */
  blocks: number;
  /** vec4<u32>s of quants in a row. */
  unitsPerRow: number;
  /** u32s of scales in a row: 0 for float types. */
  scalesPerRow: number;
  quantBytes: number;
  scaleBytes: number;
}

/** What a matrix [rows, cols] takes on the GPU. `cols` is a multiple of {@link BLOCK}, for types in blocks of 256 of that. */
export function weightLayout(type: WeightType, rows: number, cols: number): WeightLayout {
  const row: TypeRow = TYPES[type];
  const blocks = Math.ceil(cols / BLOCK);
  const unitsPerRow = row.units(blocks);
  const scalesPerRow = row.scales(blocks);
  return {
    blocks,
    unitsPerRow,
    scalesPerRow,
    quantBytes: rows * unitsPerRow * 16,
    scaleBytes: rows * scalesPerRow * 4,
  };
}

/** Steps that the vector kernel takes along a row. */
export function stepsPerRow(type: WeightType, cols: number): number {
  return cols / TYPES[type].step;
}

/** WGSL that declares `quants` and `scales` and decodes them; it reads activations from the kernel's `x`. */
export function weightFragments(type: WeightType): readonly Fragment[] {
  return TYPES[type].fragments;
}

/** WGSL that declares `quants` and `scales` and multiplies them in integers; none where levels are not integers. */
export function integerFragments(type: WeightType): readonly Fragment[] | undefined {
  const row: TypeRow = TYPES[type];
  return row.integers;
}

/** The type as kernel names spell it: `q4-0`. */
export function weightName(type: WeightType): string {
  return TYPES[type].name;
}
