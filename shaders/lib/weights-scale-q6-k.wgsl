// Q6_K: five words for 256 elements, 16 signed bytes (two for each block of 32) and d, an f16. Level 32 stands for 0.
@group(0) @binding(4) var<storage, read> scales: array<u32>;

fn block_scale(first_scale: u32, block: u32) -> Scale {
  let at = first_scale + block / 8u * 5u;
  let bytes = bitcast<i32>(scales[at + block % 8u / 2u]);
  let shift = (block % 2u) * 16u;
  let d = unpack2x16float(scales[at + 4u]).x;
  let halves = d * vec2(f32(extractBits(bytes, shift, 8u)), f32(extractBits(bytes, shift + 8u, 8u)));
  return halves.xxyy * vec4(1.0, 32.0, 1.0, 32.0);
}
