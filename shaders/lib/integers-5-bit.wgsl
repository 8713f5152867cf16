// Levels of 5 bits as bytes; how they lie: weights-5-bit.wgsl.
struct Packed {
  nibbles: vec4<u32>,
  fifths: u32,
}

fn load_packed(first_unit: u32, block: u32) -> Packed {
  return Packed(quants[first_unit + block], quants[first_unit + params.blocks + block / 4u][block % 4u]);
}

fn spread(p: Packed) -> Bytes {
  let a = vec4(p.fifths) << vec4(4u, 3u, 2u, 1u);
  let b = vec4(p.fifths) >> vec4(0u, 1u, 2u, 3u);
  return Bytes(
    (p.nibbles & vec4(0x0f0f0f0fu)) | (a & vec4(0x10101010u)),
    ((p.nibbles >> vec4(4u)) & vec4(0x0f0f0f0fu)) | (b & vec4(0x10101010u)),
  );
}
