// Dimensions i and i + rope_dim / 2 turn together: NeoX and what follows it.
struct RopePair {
  partner: u32,
  frequency: u32,
  // Of the partner's share: first' = first * cos - second * sin, second' = second * cos + first * sin.
  sign: f32,
}

fn rope_pair(dim: u32, rope_dim: u32) -> RopePair {
  let half = rope_dim / 2u;
  let first = dim < half;
  return RopePair(select(dim - half, dim + half, first), select(dim - half, dim, first), select(1.0, -1.0, first));
}
