// Q6_K: 128 bytes of lower nibbles (in each 64: of 2 blocks in each 32, low nibbles first, then the high ones), 64 bytes of upper
// bit pairs (of 4 blocks in each 32), 16 signed bytes of scales, d.
const SUPER_BLOCK_BYTES: u32 = 210u;
const UPPERS: u32 = 128u;
const SCALES: u32 = 192u;
const D: u32 = 208u;

fn repack_super_block(source: u32, first_unit: u32, first_block: u32, scales_at: u32) {
  let uppers_at = (first_unit + params.blocks) * 4u + first_block * 2u;
  for (var b = 0u; b < BLOCKS; b++) {
    store_nibbles(first_unit + first_block + b, source + b / 4u * 64u + b % 2u * 32u, b % 4u / 2u * 4u);
    store_pairs(uppers_at + b * 2u, source + UPPERS + b / 4u * 32u, b % 4u * 2u);
  }
  for (var word = 0u; word < 4u; word++) {
    scales[scales_at + word] = raw_word(source + SCALES + word * 4u);
  }
  scales[scales_at + 4u] = raw_word(source + D - 2u) >> 16u; // the last two bytes
}
