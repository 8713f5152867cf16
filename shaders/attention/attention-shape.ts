/**
 * How attention's workgroups are shaped, and how many of them share a sequence.
 *
 * @module
 */
import { type Adapter, type Grid, PORTABLE } from '../kernel.ts';
import { PAGE } from './kv-layout.ts';

export interface AttentionShape {
  /** Rows (token, query head) of a workgroup: a multiple of 4. */
  rows: number;
  threads: number;
  /** Keys of a step: whole pages. */
  keys: number;
  /** Quads of rows, and keys, whose scores one thread computes: keys · rows / 4 = threads · scoreQuads · scoreKeys. */
  scoreQuads: number;
  scoreKeys: number;
  /** Elements of each of its keys that a thread fetches at once; divides those of a head. */
  keyBatch: number;
  /** Quads whose outputs one thread sums: 1 or 2. */
  valueQuads: number;
  /** Values that a thread fetches at once. */
  valueBatch: number;
}

export interface HeadShape {
  heads: number;
  kvHeads: number;
  headDim: number;
}

const MAX_HEAD_DIM = 256;
/** Rows (token, query head) of one KV head that a tile aims at. */
const TILE_ROWS = 16;
/** Workgroup memory that every WebGPU device has. */
const WORKGROUP_BYTES = 16_384;

/** The most tokens of a tile: as many as fill one workgroup's rows with the query heads of a KV head. */
export function tokensPerTile(heads: number, kvHeads: number): number {
  return Math.max(1, Math.floor((TILE_ROWS * kvHeads) / heads));
}

/** For tiles of several tokens: every thread has 4 rows of several keys, then 8 rows of a value. */
export function tileShape(
  { headDim }: Pick<HeadShape, 'headDim'>,
  { software }: Pick<Adapter, 'software'> = PORTABLE,
): AttentionShape {
  checkHeadDim(headDim);
  const rows = headDim <= 128 ? TILE_ROWS : TILE_ROWS / 2;
  const [threads, keys] = [64, 64];
  return {
    rows,
    threads,
    keys,
    scoreQuads: 1,
    scoreKeys: (keys * rows) / 4 / threads,
    keyBatch: software ? 1 : commonDivisor(headDim / 4, 4),
    valueQuads: 2,
    valueBatch: software ? 1 : 4,
  };
}

/** For tiles of one token: every thread has one key for all rows, and fetches many of its elements at once. */
export function tokenShape(
  { heads, kvHeads, headDim }: HeadShape,
  { software }: Pick<Adapter, 'software'> = PORTABLE,
): AttentionShape {
  checkHeadDim(headDim);
  const group = heads / kvHeads;
  const shape = (rows: number, threads: number): AttentionShape => ({
    rows,
    threads,
    keys: threads,
    scoreQuads: rows / 4,
    scoreKeys: 1,
    keyBatch: software ? 1 : commonDivisor(headDim / 4, 16),
    valueQuads: Math.min(2, rows / 4),
    valueBatch: software ? 1 : 8,
  });
  const fits = [16, 8, 4]
    .filter((rows) => rows < 2 * group || rows === 4)
    .flatMap((rows) => [shape(rows, 128), shape(rows, 64)])
    .find((candidate) => workgroupBytes(candidate, headDim) <= WORKGROUP_BYTES);
  return fits!;
}

/** What `paged-attention.wgsl` declares. */
export function workgroupBytes({ rows, threads, keys, scoreKeys }: AttentionShape, headDim: number): number {
  const quads = rows / 4;
  const elements = headDim / 4;
  const outputs = Math.floor(threads / elements) * 4 * elements;
  const vectors = elements * rows + Math.max(quads * keys, outputs) + (quads * keys) / scoreKeys + quads * 10;
  return vectors * 16 + (keys / PAGE) * 8;
}

/** Workgroups that keep a GPU busy: sequences are split to come near it. */
const BUSY_WORKGROUPS = 512;
/** Positions up to which it costs less to walk them in one split than to put several together. */
const UNSPLIT = 512;

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
export function rowGroups({ rows }: AttentionShape, { heads, kvHeads }: HeadShape, tileTokens: number): number {
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
