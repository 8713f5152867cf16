// Levels of 3 bits as bytes; how they lie: weights-3-bit.wgsl.
struct Packed {
  twos: vec2<u32>,
  thirds: u32,
}

fn load_packed(first_unit: u32, block: u32) -> Packed {
  let unit = quants[first_unit + block / 2u];
  let thirds = quants[first_unit + params.blocks / 2u + block / 4u][block % 4u];
  return Packed(select(unit.xy, unit.zw, (block & 1u) != 0u), thirds);
}

fn spread(p: Packed) -> Bytes {
  let pairs = p.twos.xxyy >> vec4(0u, 2u, 0u, 2u);
  let a = vec4(p.thirds << 2u, p.thirds << 1u, p.thirds, p.thirds >> 1u);
  let b = vec4(p.thirds) >> vec4(2u, 3u, 4u, 5u);
  return Bytes(
    (pairs & vec4(0x03030303u)) | (a & vec4(0x04040404u)),
    ((pairs >> vec4(4u)) & vec4(0x03030303u)) | (b & vec4(0x04040404u)),
  );
}
