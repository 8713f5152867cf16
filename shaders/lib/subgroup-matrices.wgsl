// Matrices of 16 × 16 that a subgroup of 32 holds together, factors in f16, sums in f32; which thread has what, only their stand-in
// in tests needs to know. Left ones are lines of x (tokens), right ones columns of weights (rows of W).
diagnostic(off, chromium.subgroup_matrix_uniformity);

alias Half = f16;
alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Products = subgroup_matrix_result<f32, 16, 16>;

fn as_half(v: vec4<f32>) -> vec4<Half> {
  return vec4<f16>(v);
}
