// 4 elements of a BF16 matrix (weights-16-bit.wgsl): the upper halves of f32s.
fn widen(low: u32, high: u32) -> vec4<f32> {
  return bitcast<vec4<f32>>(vec4(low << 16u, low & 0xffff0000u, high << 16u, high & 0xffff0000u));
}
