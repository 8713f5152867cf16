// h[t] = x[t] / sqrt(mean(x[t]²) + eps) * w
//   x, h: [T, width] f32 as vec4; weight: [width]. width is a multiple of 4.
// One workgroup a token: the row is summed once by all threads, and its second reading comes from the cache.
// Moves 8 bytes an element (x in, h out); the weight stays in the cache.
struct Params {
  width: u32,
  eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> h: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let groups = params.width / 4u;
  let token = workgroup.x;
  let x_at = token * groups;
  var squares = 0.0;
  for (var i = thread; i < groups; i += THREADS) {
    let value = x[x_at + i];
    squares += dot(value, value);
  }
  let total = workgroup_sum(thread, squares);
  let scale = inverseSqrt(total / f32(params.width) + params.eps);
  if (token < token_count()) {
    for (var i = thread; i < groups; i += THREADS) {
      h[x_at + i] = x[x_at + i] * scale * weight[i];
    }
  }
}
