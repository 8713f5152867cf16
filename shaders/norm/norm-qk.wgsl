// Queries and keys of a token, each as one row: q = q / sqrt(mean(q²) + eps) * w, and k likewise, in place.
//   qkv: [T, stride] f32 as vec4: q_width queries, k_width keys, then what stays; weight: [q_width + k_width]. Widths are multiples of 4.
// One workgroup for the queries or the keys of a token; a thread keeps its share of the row in registers while all sum it. There are no
// more keys than queries, which are 4 * GROUPS. Moves 8 bytes an element.
struct Params {
  q_width: u32,
  k_width: u32,
  stride: u32,
  eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> qkv: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> weight: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let token = workgroup.x;
  let is_key = workgroup.y == 1u;
  let width = select(params.q_width, params.k_width, is_key);
  let groups = width / 4u;
  let weight_at = select(0u, params.q_width / 4u, is_key);
  let at = token * (params.stride / 4u) + weight_at;
  var values: array<vec4<f32>, SHARE>;
  var squares = 0.0;
  for (var k = 0u; k < SHARE; k++) {
    let i = thread + k * THREADS;
    if (i < groups) {
      values[k] = qkv[at + i];
      squares += dot(values[k], values[k]);
    }
  }
  let total = workgroup_sum(thread, squares);
  let scale = inverseSqrt(total / f32(width) + params.eps);
  if (token < token_count()) {
    for (var k = 0u; k < SHARE; k++) {
      let i = thread + k * THREADS;
      if (i < groups) {
        qkv[at + i] = values[k] * scale * weight[weight_at + i];
      }
    }
  }
}
