/**
 * How attention's workgroups are shaped, and how many of them share a sequence.
 *
 * @module
 */
import type { Grid } from '../kernel.ts';

export interface AttentionShape {
  /** Rows (token, query head) of a workgroup: a multiple of 4. */
  rows: number;
  threads: number;
  /** Keys of a step: whole pages. */
  keys: number;
  /** Keys whose scores one thread computes for 4 rows: keys · rows / 4 = threads · scoreKeys. */
  scoreKeys: number;
  /** Elements of each of its keys that a thread fetches at once; divides those of a head. */
  keyBatch: number;
  /** Quads whose outputs one thread sums: 1 or 2. */
  valueQuads: number;
  /** Values that a thread fetches at once. */
  valueBatch: number;
}

/** How a layer's attention is divided: heads · headDim queries, kvHeads · headDim keys and values. */
export interface HeadShape {
  heads: number;
  kvHeads: number;
  headDim: number;
}

const MAX_HEAD_DIM = 256;
/** Rows (token, query head) of one KV head that a tile aims at. */
const TILE_ROWS = 16;

/** The most tokens of a tile: as many as fill one workgroup's rows with the query heads of a KV head. */
export function tokensPerTile(heads: number, kvHeads: number): number {
  return Math.max(1, Math.floor((TILE_ROWS * kvHeads) / heads));
}

/** For tiles of several tokens: every thread has 4 rows of several keys, then 8 rows of a value. */
export function tileShape({ headDim }: Pick<HeadShape, 'headDim'>): AttentionShape {
  checkHeadDim(headDim);
  const rows = headDim <= 96 ? TILE_ROWS : TILE_ROWS / 2;
  const [threads, keys] = [64, 64];
  const scoreKeys = (keys * rows) / 4 / threads;
  const keyBatch = commonDivisor(headDim / 4, 8 / scoreKeys);
  return { rows, threads, keys, scoreKeys, keyBatch, valueQuads: 2, valueBatch: 8 };
}

/**
 * For tiles of one token: every thread has one key for 4 rows, and fetches many of its elements at once. Larger groups of query heads are
 * shared out, though each reads the keys and values again: 14 heads over 2 take 10 µs on an H200 at 4,000 tokens so, 12 µs in 8 rows.
 */
export function tokenShape({ headDim }: Pick<HeadShape, 'headDim'>): AttentionShape {
  checkHeadDim(headDim);
  const keyBatch = commonDivisor(headDim / 4, 16);
  return { rows: 4, threads: 128, keys: 128, scoreKeys: 1, keyBatch, valueQuads: 1, valueBatch: 16 };
}

/** Rows of a workgroup of `paged-attention-serial.wgsl`: a strip of threads takes 8, and beyond 128 dimensions there is only one strip. */
export function serialRows(headDim: number): number {
  checkHeadDim(headDim);
  return headDim <= 128 ? TILE_ROWS : TILE_ROWS / 2;
}

/** Workgroups that keep a GPU busy: sequences are split to come near it. */
const BUSY_WORKGROUPS = 512;
/** Positions up to which it costs less to walk them in one split than to put several together. */
const UNSPLIT = 256;

/** What the grid of attention depends on. */
export interface AttentionWork {
  /** The most tokens of a tile. */
  tileTokens: number;
  tiles: number;
  /** Positions that any of the sequences has room for. */
  positions: number;
  /** Positions that a token sees. */
  window: number;
}

/** Workgroups in z that share the rows of a tile. */
export function rowGroups(
  { rows }: Pick<AttentionShape, 'rows'>,
  { heads, kvHeads }: HeadShape,
  tileTokens: number,
): number {
  return Math.ceil((tileTokens * heads) / kvHeads / rows);
}

/** Workgroups that share the keys of a sequence. */
export function splitsOf(shape: AttentionShape, head: HeadShape, work: AttentionWork): number {
  const seen = Math.min(work.positions, work.window + work.tileTokens + shape.keys);
  if (seen <= UNSPLIT) return 1;
  const workgroups = work.tiles * head.kvHeads * rowGroups(shape, head, work.tileTokens);
  return Math.max(1, Math.min(Math.floor(BUSY_WORKGROUPS / workgroups), Math.ceil(seen / shape.keys)));
}

/** Bytes of what several splits leave behind, at most. */
export function partialBytes(shape: AttentionShape, { headDim }: HeadShape): number {
  return BUSY_WORKGROUPS * shape.rows * (headDim + 4) * 4;
}

export function attentionGrid(options: { tiles: number; kvHeads: number; rowGroups: number; splits: number }): Grid {
  return [options.tiles, options.kvHeads, options.rowGroups * options.splits];
}

function checkHeadDim(headDim: number): void {
  if (headDim > MAX_HEAD_DIM) throw new Error(`head dimension ${headDim} is above ${MAX_HEAD_DIM}`);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
