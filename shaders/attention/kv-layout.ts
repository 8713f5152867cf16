/**
 * The paged KV cache of one layer: sizes, and the WGSL that addresses it (`shaders/lib/kv-layout.wgsl` documents the order).
 *
 * @module
 */
import type { Fragment } from '../kernel.ts';
import kvF16 from '../lib/kv-f16.wgsl?raw';
import kvF32 from '../lib/kv-f32.wgsl?raw';
import layout from '../lib/kv-layout.wgsl?raw';

/** Tokens in a page. A slot is `page * PAGE + offset`. */
export const PAGE = 32;

/** Element type of the cache; f16 is packed in 32-bit words. */
export type KvType = 'f16' | 'f32';

const ELEMENTS: Record<KvType, { bytes: number; fragment: Fragment }> = {
  f16: { bytes: 2, fragment: { file: 'shaders/lib/kv-f16.wgsl', text: kvF16 } },
  f32: { bytes: 4, fragment: { file: 'shaders/lib/kv-f32.wgsl', text: kvF32 } },
};

/** Bytes of the key and of the value buffer of one layer with `pages` pages. */
export function kvLayout(options: { kvType: KvType; kvHeads: number; headDim: number; pages: number }): {
  keyBytes: number;
  valueBytes: number;
} {
  const bytes = options.pages * PAGE * options.kvHeads * options.headDim * ELEMENTS[options.kvType].bytes;
  return { keyBytes: bytes, valueBytes: bytes };
}

/** The WGSL of a cache whose heads have `headDim` (a multiple of 4) dimensions. */
export function kvFragments(kvType: KvType, headDim: number): Fragment[] {
  if (headDim % 4 !== 0) throw new Error(`head dimension ${headDim} is not a multiple of 4`);
  return [
    { file: 'prelude', text: `const HEAD_DIM: u32 = ${headDim}u;\nconst PAGE: u32 = ${PAGE}u;` },
    ELEMENTS[kvType].fragment,
    { file: 'shaders/lib/kv-layout.wgsl', text: layout },
  ];
}
