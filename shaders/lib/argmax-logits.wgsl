// The first pass of argmax reads logits: [R, count].
@group(0) @binding(1) var<storage, read> logits: array<f32>;

fn candidate(row_at: u32, i: u32) -> Best {
  let logit = logits[row_at + i];
  // By bits: WGSL may assume that no value is NaN or infinite.
  let broken = (bitcast<u32>(logit) & 0x7f800000u) == 0x7f800000u;
  return Best(select(logit, LOWEST, broken), i, select(0u, 1u, broken));
}
