// A branch joins the residual stream after its own RMSNorm ("post norm").
//   branch_weight: [width]
@group(0) @binding(6) var<storage, read> branch_weight: array<vec4<f32>>;

fn branch_prepare(thread: u32, source_at: u32, groups: u32) -> f32 {
  var squares = 0.0;
  for (var i = thread; i < groups; i += THREADS) {
    squares += dot(r[source_at + i], r[source_at + i]);
  }
  let total = workgroup_sum(thread, squares);
  workgroupBarrier(); // the next sum uses the same memory
  return inverseSqrt(total / f32(params.width) + params.eps);
}

fn branch(value: vec4<f32>, norm: f32, group: u32) -> vec4<f32> {
  return value * norm * branch_weight[group];
}
