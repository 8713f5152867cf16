// RMSNorm of every head's query and key before the rotation: x / sqrt(mean(x²) + eps) * w.
//   qk_weight: [2, HEAD_DIM]: of queries, of keys
@group(0) @binding(6) var<storage, read> qk_weight: array<f32>;

var<workgroup> qk_scale: array<f32, WORKGROUP_HEADS>;
var<workgroup> qk_weight_at: array<u32, WORKGROUP_HEADS>;

fn qk_prepare(first_head: u32, thread: u32) {
  if (thread < WORKGROUP_HEADS) {
    var squares = 0.0;
    for (var dim = 0u; dim < HEAD_DIM; dim++) {
      let value = row[thread * HEAD_DIM + dim];
      squares += value * value;
    }
    qk_scale[thread] = inverseSqrt(squares / f32(HEAD_DIM) + params.eps);
    qk_weight_at[thread] = select(HEAD_DIM, 0u, first_head + thread < params.heads);
  }
  workgroupBarrier();
}

fn qk_factor(head: u32, dim: u32) -> f32 {
  return qk_scale[head] * qk_weight[qk_weight_at[head] + dim];
}
