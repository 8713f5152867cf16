// Levels of 3 bits: the lower two as in weights-2-bit.wgsl, and after a row's units of them the third bits, one word a block
// as the fifth bits in weights-5-bit.wgsl.
const LEVEL_MASK: i32 = 0x7;

fn join(twos: u32, thirds: u32) -> vec4<f32> {
  return widen((twos & 0x03030303u) | (thirds & 0x04040404u));
}

fn two_bits(first_unit: u32, block: u32, chunks: u32) -> u32 {
  return quants[first_unit + block / 2u][(block % 2u) * 2u + chunks];
}

fn third_bits(first_unit: u32, block: u32) -> u32 {
  return quants[first_unit + params.blocks / 2u + block / 4u][block % 4u];
}

fn block_levels(first_unit: u32, block: u32) -> Levels {
  let q = two_bits(first_unit, block, 0u);
  let r = two_bits(first_unit, block, 1u);
  let h = third_bits(first_unit, block);
  return Levels(
    join(q, h << 2u), join(q >> 2u, h << 1u), join(r, h), join(r >> 2u, h >> 1u), //
    join(q >> 4u, h >> 2u), join(q >> 6u, h >> 3u), join(r >> 4u, h >> 4u), join(r >> 6u, h >> 5u),
  );
}

fn chunk_levels(first_unit: u32, block: u32, c: u32) -> Chunk {
  let word = two_bits(first_unit, block, c / 2u) >> ((c % 2u) * 2u);
  let h = third_bits(first_unit, block);
  return Chunk(join(word, (h << 2u) >> c), join(word >> 4u, (h >> 2u) >> c));
}
