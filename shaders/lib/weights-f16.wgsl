// 4 elements of an F16 matrix (weights-16-bit.wgsl).
fn widen(low: u32, high: u32) -> vec4<f32> {
  return vec4(unpack2x16float(low), unpack2x16float(high));
}
