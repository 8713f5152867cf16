// Q2_K: five words for 256 elements, 16 bytes (one for each half block: its scale in the low nibble, its minimum in the high
// one), then d and dmin, f16s that multiply them.
@group(0) @binding(4) var<storage, read> scales: array<u32>;

fn block_scale(first_scale: u32, block: u32) -> Scale {
  let at = first_scale + block / 8u * 5u;
  let bytes = scales[at + block % 8u / 2u] >> ((block % 2u) * 16u);
  let nibbles = (vec4(bytes) >> vec4(0u, 4u, 8u, 12u)) & vec4(0xfu);
  return unpack2x16float(scales[at + 4u]).xyxy * vec4<f32>(nibbles);
}
