// Signed bytes as they are: two units a block.
struct Packed {
  a: vec4<u32>,
  b: vec4<u32>,
}

fn load_packed(first_unit: u32, block: u32) -> Packed {
  let at = first_unit + block * 2u;
  return Packed(quants[at], quants[at + 1u]);
}

fn spread(p: Packed) -> Bytes {
  return Bytes(p.a, p.b);
}
