// A branch joins the residual stream times params.branch_scale.
fn branch_prepare(thread: u32, branches: ptr<function, array<vec4<f32>, SHARE>>) -> f32 {
  return params.branch_scale;
}

fn branch(value: vec4<f32>, norm: f32, group: u32) -> vec4<f32> {
  return value * norm;
}
