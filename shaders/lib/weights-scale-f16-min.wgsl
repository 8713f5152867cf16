// A word a block: an f16 scale and an f16 that is added (Q4_1, Q5_1).
@group(0) @binding(4) var<storage, read> scales: array<u32>;

fn block_scale(first_scale: u32, block: u32) -> Scale {
  return unpack2x16float(scales[first_scale + block]) * vec2(1.0, -1.0);
}
