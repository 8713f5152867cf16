/**
 * The paged KV cache of one layer: sizes, and the WGSL that addresses it (`shaders/lib/kv-layout.wgsl` documents the order).
 *
 * @module
 */
import type { Fragment } from '../kernel.ts';
import kvF16 from '../lib/kv-f16.wgsl?raw';
import kvF32 from '../lib/kv-f32.wgsl?raw';
import kvQ8 from '../lib/kv-q8.wgsl?raw';
import layout from '../lib/kv-layout.wgsl?raw';
import readPlain from '../lib/kv-read-plain.wgsl?raw';
import readQ8 from '../lib/kv-read-q8.wgsl?raw';
import writePlain from '../lib/kv-write-plain.wgsl?raw';
import writeQ8 from '../lib/kv-write-q8.wgsl?raw';

/** Tokens in a page. A slot is `page * PAGE + offset`. */
export const PAGE = 32;

/** Element type of the cache; f16 and q8 are packed in 32-bit words. */
export type KvType = 'f16' | 'f32' | 'q8';

/** Dimensions of a q8 cache whose two scales share a word. */
const SCALED_DIMENSIONS = 64;

interface ElementType {
  /** Of one key or value. */
  bytes: (headDim: number) => number;
  element: Fragment;
  read: Fragment;
  write: Fragment;
}

const PLAIN = {
  read: { file: 'shaders/lib/kv-read-plain.wgsl', text: readPlain },
  write: { file: 'shaders/lib/kv-write-plain.wgsl', text: writePlain },
};

const TYPES: Record<KvType, ElementType> = {
  f16: { bytes: (dims) => dims * 2, element: { file: 'shaders/lib/kv-f16.wgsl', text: kvF16 }, ...PLAIN },
  f32: { bytes: (dims) => dims * 4, element: { file: 'shaders/lib/kv-f32.wgsl', text: kvF32 }, ...PLAIN },
  q8: {
    bytes: (dims) => dims + 4 * Math.ceil(dims / SCALED_DIMENSIONS),
    element: { file: 'shaders/lib/kv-q8.wgsl', text: kvQ8 },
    read: { file: 'shaders/lib/kv-read-q8.wgsl', text: readQ8 },
    write: { file: 'shaders/lib/kv-write-q8.wgsl', text: writeQ8 },
  },
};

/** Bytes of the key and of the value buffer of one layer with `pages` pages. */
export function kvLayout(options: { kvType: KvType; kvHeads: number; headDim: number; pages: number }): {
  keyBytes: number;
  valueBytes: number;
} {
  const bytes = options.pages * PAGE * options.kvHeads * TYPES[options.kvType].bytes(options.headDim);
  return { keyBytes: bytes, valueBytes: bytes };
}

/** The WGSL of a cache whose heads have `headDim` (a multiple of 4) dimensions, for a kernel that reads, writes or does both to `keys` and `values`. */
export function kvFragments(kvType: KvType, headDim: number, ...accesses: ('read' | 'write')[]): Fragment[] {
  if (headDim % 4 !== 0) throw new Error(`head dimension ${headDim} is not a multiple of 4`);
  return [
    { file: 'prelude', text: `const HEAD_DIM: u32 = ${headDim}u;\nconst PAGE: u32 = ${PAGE}u;` },
    TYPES[kvType].element,
    { file: 'shaders/lib/kv-layout.wgsl', text: layout },
    ...accesses.map((access) => TYPES[kvType][access]),
  ];
}
