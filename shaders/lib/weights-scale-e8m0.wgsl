// A byte e a block, four in a word: the scale 2 ** (e - 128) (MXFP4, whose table holds its values doubled). The two smallest,
// denormal in f32, become 0, as GPUs may make of them anyway.
@group(0) @binding(4) var<storage, read> scales: array<u32>;

fn block_scale(first_scale: u32, block: u32) -> Scale {
  let e = extractBits(scales[first_scale + block / 4u], (block % 4u) * 8u, 8u);
  return vec2(bitcast<f32>((max(e, 1u) - 1u) << 23u), 0.0);
}
