// Dimensions 2i and 2i + 1 turn together: GGUF files of llama.
struct RopePair {
  partner: u32,
  frequency: u32,
  // Of the partner's share: first' = first * cos - second * sin, second' = second * cos + first * sin.
  sign: f32,
}

fn rope_pair(dim: u32, rope_dim: u32) -> RopePair {
  return RopePair(dim ^ 1u, dim / 2u, select(1.0, -1.0, dim % 2u == 0u));
}
