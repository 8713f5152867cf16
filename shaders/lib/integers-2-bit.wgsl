// Levels of 2 bits as bytes; how they lie: weights-2-bit.wgsl.
alias Packed = vec2<u32>;

fn load_packed(first_unit: u32, block: u32) -> Packed {
  let unit = quants[first_unit + block / 2u];
  return select(unit.xy, unit.zw, (block & 1u) != 0u);
}

fn spread(p: Packed) -> Bytes {
  let pairs = p.xxyy >> vec4(0u, 2u, 0u, 2u);
  return Bytes(pairs & vec4(0x03030303u), (pairs >> vec4(4u)) & vec4(0x03030303u));
}
