// Levels of 4 bits as bytes; how they lie: weights-4-bit.wgsl.
alias Packed = vec4<u32>;

fn load_packed(first_unit: u32, block: u32) -> Packed {
  return quants[first_unit + block];
}

fn spread(p: Packed) -> Bytes {
  return Bytes(p & vec4(0x0f0f0f0fu), (p >> vec4(4u)) & vec4(0x0f0f0f0fu));
}
