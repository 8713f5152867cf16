// IQ4_XS: d, 2 bytes and 4 bytes of scales as weights-scale-iq4-xs.wgsl reads them; 128 bytes of quants, block after block.
const SUPER_BLOCK_BYTES: u32 = 136u;
const QUANTS: u32 = 8u;

fn repack_super_block(source: u32, first_unit: u32, first_block: u32, scales_at: u32) {
  for (var word = 0u; word < BLOCKS * 4u; word++) {
    quants[(first_unit + first_block) * 4u + word] = raw_word(source + QUANTS + word * 4u);
  }
  scales[scales_at] = raw_word(source);
  scales[scales_at + 1u] = raw_word(source + 4u);
}
