/**
 * The entry point of `mul-mat-subgroup-matrix.wgsl`, written out: every matrix has a name and every offset is a constant.
 *
 * @module
 */
import type { Extension, Fragment } from '../kernel.ts';

/** How a workgroup goes about its tile. */
export interface MatrixTile {
  rows: number;
  tokens: number;
  /** Subgroups along rows, along tokens, and along K. */
  subgroups: readonly [rows: number, tokens: number, splits: number];
  /** Elements along K that are staged at once. */
  step: number;
  /** With two, the next step is staged while one is multiplied: faster where a multiprocessor has no other workgroup to turn to. */
  buffers: 1 | 2;
  /** f16 between staged lines. */
  padding: number;
  /** Matrices that are handed out at once. */
  slots: number;
}

/** The matrices that the tile is made of, as WGSL expressions and statements. Names of planes, parts and sums are the kernel's. */
export interface Matrices {
  fragment: Fragment;
  extensions: readonly Extension[];
  left: (plane: string, part: string, offset: string) => string;
  right: (plane: string, part: string, offset: string) => string;
  /** sums + left · right */
  add: (left: string, right: string, sums: string, buffer: number) => string;
  put: (slot: string, sums: string) => string;
}

/** The tile's constants. */
export function prelude({ rows, tokens, subgroups, step, padding, slots }: MatrixTile): string {
  const [ROW_PARTS, TOKEN_PARTS, SPLITS] = subgroups;
  const all = {
    ROWS: rows,
    TOKENS: tokens,
    ROW_PARTS,
    TOKEN_PARTS,
    SPLITS,
    STEP: step,
    PADDING: padding,
    SLOTS: slots,
  };
  return Object.entries(all)
    .map(([name, value]) => `const ${name}: u32 = ${value}u;`)
    .join('\n');
}

const each = (count: number, write: (index: number) => string, separator = '\n'): string =>
  Array.from({ length: count }, (_, index) => write(index)).join(separator);

/** Indices of workgroup memory are written so that their ranges are plain to see: the compiler then checks no bounds. */
export function entryPoint(tile: MatrixTile, matrices: Matrices): string {
  const items = threadItems(tile);
  const sums = sumsOf(tile);
  return `
${each(tile.buffers, (b) => `var<workgroup> right${b}: RightPlane;\nvar<workgroup> left${b}: LeftPlane;`)}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let first_row = (workgroup.x + workgroup.y * workgroups.x) * ROWS;
  let first_token = workgroup.z * TOKENS;
  let tokens = batch[params.count_at];
  let steps = (params.blocks + STEP / 32u - 1u) / (STEP / 32u);
  let lane = thread % SUBGROUP;
  let part = thread / SUBGROUP % TILE_PARTS;
  let split = thread / (SUBGROUP * TILE_PARTS);
  let right_part = part % ROW_PARTS * SPLITS + split;
  let left_part = part / ROW_PARTS * SPLITS + split;
  let c = thread % CHUNKS;
  let line = thread / CHUNKS;
  ${each(items.rows, (i) => `var w${i}: Halves;`)}
  ${each(items.tokens, (i) => `var x${i}: Halves;`)}
  ${sums.map(({ name }) => `var ${name}: Products;`).join('\n')}
  var scale = 1.0;
  var largest = 0.0;
  loop {
${steps(tile, matrices)}
${scaleAgain(sums)}
  }
${handOut(sums, matrices)}
}
`;
}

interface Sums {
  name: string;
  /** Of the subgroup's part. */
  row: number;
  token: number;
}

function sumsOf(tile: MatrixTile): Sums[] {
  const { across, down } = matricesOf(tile);
  return Array.from({ length: across * down }, (_, i) => {
    const [t, r] = [Math.floor(i / across), i % across];
    return { name: `sums_${t}_${r}`, row: 16 * r, token: 16 * t };
  });
}

/** Of a subgroup, along rows and along tokens. */
function matricesOf({ rows, tokens, subgroups }: MatrixTile): { across: number; down: number } {
  return { across: rows / subgroups[0] / 16, down: tokens / subgroups[1] / 16 };
}

/** All of K is gone through a second time, with x scaled down, where f16 cannot hold it. */
function scaleAgain(sums: readonly Sums[]): string {
  return `    if (scale != 1.0) {
      break;
    }
    if (largest > F16_LARGEST) {
      atomicMax(&beyond_f16, bitcast<u32>(largest));
    }
    workgroupBarrier();
    if (thread == 0u) {
      agreed_scale = scale_for(atomicLoad(&beyond_f16));
    }
    scale = workgroupUniformLoad(&agreed_scale);
    if (scale == 1.0) {
      break;
    }
    ${sums.map(({ name }) => `${name} = Products();`).join('\n')}`;
}

function handOut(sums: readonly Sums[], matrices: Matrices): string {
  const one = ({ name, row, token }: Sums) => `workgroupBarrier();
    if (part / HANDED * HANDED == first) {
      ${matrices.put('part % HANDED + split * HANDED', name)};
    }
    workgroupBarrier();
    hand_out(thread, first, first_row + ${row}u, first_token + ${token}u, tokens, scale);`;
  return `  for (var first = 0u; first < TILE_PARTS; first += HANDED) {
    ${sums.map(one).join('\n')}
  }`;
}

/** Lines of each kind that a thread brings to a step. */
function threadItems({ rows, tokens, subgroups, step }: MatrixTile): { rows: number; tokens: number } {
  const lines = (subgroups[0] * subgroups[1] * subgroups[2] * 32) / (step / 8);
  return { rows: rows / lines, tokens: tokens / lines };
}

/** All of K. */
function steps(tile: MatrixTile, matrices: Matrices): string {
  const barrier = 'workgroupBarrier();';
  const one = (next: string, buffer: number, other: number) =>
    [fetch(tile, next), multiply(tile, matrices, buffer), stage(tile, other), barrier].join('\n');
  return tile.buffers === 1
    ? `for (var step = 0u; step < steps; step++) {
${[fetch(tile, 'step'), barrier, stage(tile, 0), barrier, multiply(tile, matrices, 0)].join('\n')}
}`
    : `${[fetch(tile, '0u'), stage(tile, 0), barrier].join('\n')}
for (var step = 0u; step < steps; step += 2u) {
${one('(step + 1u)', 0, 1)}
${one('(step + 2u)', 1, 0)}
}`;
}

/** What the thread brings to a step, from memory. */
function fetch(tile: MatrixTile, step: string): string {
  const items = threadItems(tile);
  const block = `${step} * (STEP / 32u) + c / 4u, c % 4u`;
  const weights = (i: number) => `w${i} = halves(weights_at(first_row + line + ${i}u * LINES, ${block}), 1.0);`;
  const x = (i: number) => `{
  let next = x_at(first_token + line + ${i}u * LINES, tokens, ${block});
  largest = max(largest, largest_of(next));
  x${i} = halves(next, scale);
}`;
  return `${each(items.rows, weights)}\n${each(items.tokens, x)}`;
}

/** The same into workgroup memory. */
function stage(tile: MatrixTile, buffer: number): string {
  const items = threadItems(tile);
  const put = (plane: string, lines: string, value: string, i: number) => `{
  let place = line + ${i}u * LINES;
  let part = place / ${lines} * SPLITS + c / SPLIT_CHUNKS;
  let at = place % ${lines} * STRIDE + c % SPLIT_CHUNKS * 8u;
  ${each(8, (e) => `${plane}${buffer}[part][at + ${e}u] = ${value}${i}.${e < 4 ? 'a' : 'b'}[${e % 4}];`)}
}`;
  return `${each(items.rows, (i) => put('right', 'ROW_LINES', 'w', i))}
${each(items.tokens, (i) => put('left', 'TOKEN_LINES', 'x', i))}`;
}

function multiply(tile: MatrixTile, matrices: Matrices, buffer: number): string {
  const { across, down } = matricesOf(tile);
  const left = (t: number, k: number) =>
    matrices.left(`left${buffer}`, 'left_part', `${16 * t}u * STRIDE + ${16 * k}u`);
  const right = (r: number, k: number) =>
    matrices.right(`right${buffer}`, 'right_part', `${16 * r}u * STRIDE + ${16 * k}u`);
  return each(
    tile.step / tile.subgroups[2] / 16,
    (k) => `{
  ${each(down, (t) => `let left_${t} = ${left(t, k)};`)}
  ${each(
    across,
    (r) => `{
    let right = ${right(r, k)};
    ${each(down, (t) => `sums_${t}_${r} = ${matrices.add(`left_${t}`, 'right', `sums_${t}_${r}`, buffer)};`)}
  }`,
  )}
}`,
  );
}
