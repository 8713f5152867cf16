// Q3_K: 32 bytes of third bits (bit b of each for block b), 64 bytes of quants (bit pairs of 4 blocks in each 32), 12 bytes of
// scales as weights-scale-6-bit.wgsl reads them, d.
const SUPER_BLOCK_BYTES: u32 = 110u;
const QUANTS: u32 = 32u;
const SCALES: u32 = 96u;
const D: u32 = 108u;

fn repack_super_block(source: u32, first_unit: u32, first_block: u32, scales_at: u32) {
  let thirds_at = (first_unit + params.blocks / 2u) * 4u + first_block;
  for (var b = 0u; b < BLOCKS; b++) {
    store_pairs(first_unit * 4u + (first_block + b) * 2u, source + QUANTS + b / 4u * 32u, b % 4u * 2u);
    quants[thirds_at + b] = one_bit_word(source, b);
  }
  for (var word = 0u; word < 3u; word++) {
    scales[scales_at + word] = raw_word(source + SCALES + word * 4u);
  }
  scales[scales_at + 3u] = raw_word(source + D - 2u) >> 16u; // the last two bytes
}
