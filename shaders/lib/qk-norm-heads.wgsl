// RMSNorm of every head's query and key before the rotation: x / sqrt(mean(x²) + eps) * w.
//   qk_weight: [2, HEAD_DIM]: of queries, of keys
var<workgroup> qk_scale: array<f32, WORKGROUP_HEADS>;
var<workgroup> qk_weight_at: array<u32, WORKGROUP_HEADS>;

// The first `queries` heads of the workgroup are queries.
fn qk_prepare(queries: u32, thread: u32) {
  if (thread < WORKGROUP_HEADS) {
    var squares = vec4(0.0);
    for (var element = 0u; element < HEAD_ELEMENTS; element++) {
      let value = raw_element(thread, element);
      squares += value * value;
    }
    qk_scale[thread] = inverseSqrt(dot(squares, vec4(1.0)) / f32(HEAD_DIM) + params.eps);
    qk_weight_at[thread] = select(HEAD_DIM, 0u, thread < queries);
  }
  workgroupBarrier();
}

fn qk_factor(head: u32, dim: u32) -> f32 {
  return qk_scale[head] * qk_weight[qk_weight_at[head] + dim];
}
