// Levels of 6 bits: nibbles as in weights-4-bit.wgsl, and after a row's units of them the upper two bits, two words a block
// as in weights-2-bit.wgsl.
const LEVEL_MASK: i32 = 0x3f;

fn join(nibbles: u32, uppers: u32) -> vec4<f32> {
  return widen((nibbles & 0x0f0f0f0fu) | (uppers & 0x30303030u));
}

fn upper_bits(first_unit: u32, block: u32, chunks: u32) -> u32 {
  return quants[first_unit + params.blocks + block / 2u][(block % 2u) * 2u + chunks];
}

fn block_levels(first_unit: u32, block: u32) -> Levels {
  let q = quants[first_unit + block];
  let h = upper_bits(first_unit, block, 0u);
  let k = upper_bits(first_unit, block, 1u);
  return Levels(
    join(q.x, h << 4u), join(q.y, h << 2u), join(q.z, k << 4u), join(q.w, k << 2u), //
    join(q.x >> 4u, h), join(q.y >> 4u, h >> 2u), join(q.z >> 4u, k), join(q.w >> 4u, k >> 2u),
  );
}

fn chunk_levels(first_unit: u32, block: u32, c: u32) -> Chunk {
  let word = quants[first_unit + block][c];
  let h = upper_bits(first_unit, block, c / 2u);
  let shift = (c % 2u) * 2u;
  return Chunk(join(word, (h << 4u) >> shift), join(word >> 4u, h >> shift));
}
