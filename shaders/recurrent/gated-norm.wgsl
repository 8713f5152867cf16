// x[t, head] = x[t, head] / sqrt(mean(x[t, head]²) + eps) * weight * silu(gate[t, head]), in place.
//   x: [T, heads, head_dim] f32 as vec4; weight: [head_dim]; gate: [T, gate_stride], of which heads * head_dim floats from
//   gate_offset on.
// One workgroup a head and token. Moves 12 bytes an element.
struct Params {
  heads: u32,
  head_dim: u32, // a multiple of 4, like offset and stride
  gate_offset: u32, // floats
  gate_stride: u32,
  eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> gate: array<vec4<f32>>;

fn activate_all(v: vec4<f32>) -> vec4<f32> {
  return vec4(activate(v.x), activate(v.y), activate(v.z), activate(v.w));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let head = workgroup.x;
  let token = workgroup.y;
  let elements = params.head_dim / 4u;
  let x_at = (token * params.heads + head) * elements;
  let gate_at = (token * params.gate_stride + params.gate_offset) / 4u + head * elements;
  var squares = 0.0;
  for (var i = thread; i < elements; i += THREADS) {
    let value = x[x_at + i];
    squares += dot(value, value);
  }
  let total = workgroup_sum(thread, squares);
  let scale = inverseSqrt(total / f32(params.head_dim) + params.eps);
  for (var i = thread; i < elements; i += THREADS) {
    x[x_at + i] *= scale * weight[i] * activate_all(gate[gate_at + i]);
  }
}
