// IQ4_XS: two words for 256 elements: d, an f16, and above it two bits for each block; four bits for each block. Together they
// are the block's scale, 32 standing for 0, times d.
@group(0) @binding(4) var<storage, read> scales: array<u32>;

fn block_scale(first_scale: u32, block: u32) -> Scale {
  let at = first_scale + block / 8u * 2u;
  let head = scales[at];
  let b = block % 8u;
  let upper = extractBits(head, 16u + b * 2u, 2u) << 4u;
  let lower = extractBits(scales[at + 1u], b * 4u, 4u);
  return vec2(unpack2x16float(head).x * (f32(upper | lower) - 32.0), 0.0);
}
