// Q2_K: 16 bytes of scales and minima, 64 bytes of quants (bit pairs of 4 blocks in each 32), d, dmin.
const SUPER_BLOCK_BYTES: u32 = 84u;
const QUANTS: u32 = 16u;
const D: u32 = 80u;

fn repack_super_block(source: u32, first_unit: u32, first_block: u32, scales_at: u32) {
  for (var b = 0u; b < BLOCKS; b++) {
    store_pairs(first_unit * 4u + (first_block + b) * 2u, source + QUANTS + b / 4u * 32u, b % 4u * 2u);
  }
  for (var word = 0u; word < 4u; word++) {
    scales[scales_at + word] = raw_word(source + word * 4u);
  }
  scales[scales_at + 4u] = raw_word(source + D);
}
