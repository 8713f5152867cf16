// A branch joins the residual stream after its own RMSNorm ("post norm").
//   branch_weight: [4 * GROUPS]
@group(0) @binding(6) var<storage, read> branch_weight: array<vec4<f32>>;

fn branch_prepare(thread: u32, branches: ptr<function, array<vec4<f32>, SHARE>>) -> f32 {
  var squares = 0.0;
  for (var k = 0u; k < SHARE; k++) {
    squares += dot((*branches)[k], (*branches)[k]); // zero beyond the row
  }
  return inverseSqrt(workgroup_sum(thread, squares) / f32(GROUPS * 4u) + params.eps);
}

fn branch(value: vec4<f32>, norm: f32, group: u32) -> vec4<f32> {
  return value * norm * branch_weight[group];
}
