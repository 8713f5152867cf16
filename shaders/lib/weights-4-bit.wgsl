// Levels of 4 bits: a unit is one block. Byte i of it holds element i in its low nibble and element i + 16 in its high one.
const LEVEL_MASK: i32 = 0xf;

fn block_levels(first_unit: u32, block: u32) -> Levels {
  let q = quants[first_unit + block];
  return Levels(
    widen(q.x), widen(q.y), widen(q.z), widen(q.w), //
    widen(q.x >> 4u), widen(q.y >> 4u), widen(q.z >> 4u), widen(q.w >> 4u),
  );
}

fn chunk_levels(first_unit: u32, block: u32, c: u32) -> Chunk {
  let word = quants[first_unit + block][c];
  return Chunk(widen(word), widen(word >> 4u));
}
