// Levels of 6 bits as bytes; how they lie: weights-6-bit.wgsl.
struct Packed {
  nibbles: vec4<u32>,
  uppers: vec2<u32>,
}

fn load_packed(first_unit: u32, block: u32) -> Packed {
  let unit = quants[first_unit + params.blocks + block / 2u];
  return Packed(quants[first_unit + block], select(unit.xy, unit.zw, (block & 1u) != 0u));
}

fn spread(p: Packed) -> Bytes {
  let a = p.uppers.xxyy << vec4(4u, 2u, 4u, 2u);
  let b = p.uppers.xxyy >> vec4(0u, 2u, 0u, 2u);
  return Bytes(
    (p.nibbles & vec4(0x0f0f0f0fu)) | (a & vec4(0x30303030u)),
    ((p.nibbles >> vec4(4u)) & vec4(0x0f0f0f0fu)) | (b & vec4(0x30303030u)),
  );
}
