// Levels of 2 bits: a unit is two blocks, a word half of one. Byte i of word w holds element i of the parts 2w, 2w + 1, 2w + 4,
// 2w + 5, from the lowest bits on.
const LEVEL_MASK: i32 = 0x3;

fn two_bits(first_unit: u32, block: u32, chunks: u32) -> u32 {
  return quants[first_unit + block / 2u][(block % 2u) * 2u + chunks];
}

fn block_levels(first_unit: u32, block: u32) -> Levels {
  let q = two_bits(first_unit, block, 0u);
  let r = two_bits(first_unit, block, 1u);
  return Levels(
    widen(q), widen(q >> 2u), widen(r), widen(r >> 2u), //
    widen(q >> 4u), widen(q >> 6u), widen(r >> 4u), widen(r >> 6u),
  );
}

fn chunk_levels(first_unit: u32, block: u32, c: u32) -> Chunk {
  let word = two_bits(first_unit, block, c / 2u) >> ((c % 2u) * 2u);
  return Chunk(widen(word), widen(word >> 4u));
}
