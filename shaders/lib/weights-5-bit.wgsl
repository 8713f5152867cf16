// Levels of 5 bits: nibbles as in weights-4-bit.wgsl, and after a row's units of them the fifth bits, one word a block:
// bit p of its byte i belongs to element i of part p.
const LEVEL_MASK: i32 = 0x1f;

fn join(nibbles: u32, fifths: u32) -> vec4<f32> {
  return widen((nibbles & 0x0f0f0f0fu) | (fifths & 0x10101010u));
}

fn fifth_bits(first_unit: u32, block: u32) -> u32 {
  return quants[first_unit + params.blocks + block / 4u][block % 4u];
}

fn block_levels(first_unit: u32, block: u32) -> Levels {
  let q = quants[first_unit + block];
  let h = fifth_bits(first_unit, block);
  return Levels(
    join(q.x, h << 4u), join(q.y, h << 3u), join(q.z, h << 2u), join(q.w, h << 1u), //
    join(q.x >> 4u, h), join(q.y >> 4u, h >> 1u), join(q.z >> 4u, h >> 2u), join(q.w >> 4u, h >> 3u),
  );
}

fn chunk_levels(first_unit: u32, block: u32, c: u32) -> Chunk {
  let word = quants[first_unit + block][c];
  let h = fifth_bits(first_unit, block);
  return Chunk(join(word, (h << 4u) >> c), join(word >> 4u, h >> c));
}
