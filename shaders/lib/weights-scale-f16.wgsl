// One f16 scale a block, two in a word. Level ZERO stands for 0.
@group(0) @binding(4) var<storage, read> scales: array<u32>;

fn block_scale(first_scale: u32, block: u32) -> Scale {
  let pair = unpack2x16float(scales[first_scale + block / 2u]);
  return select(pair.x, pair.y, (block & 1u) != 0u) * vec2(1.0, ZERO);
}
