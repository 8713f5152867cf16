// x[t] += r[t] / sqrt(mean(r[t]²) + eps) * w: a branch that is normalized on its way out, where nothing is normalized on the way in.
//   x, r: [T, width] f32 as vec4; weight: [width]. width is a multiple of 4.
// One workgroup a token. Moves 12 bytes an element (x and r in, x out).
struct Params {
  width: u32,
  eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> r: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> weight: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let groups = params.width / 4u;
  let token = workgroup.x;
  let at = token * groups;
  var squares = 0.0;
  for (var i = thread; i < groups; i += THREADS) {
    squares += dot(r[at + i], r[at + i]);
  }
  let total = workgroup_sum(thread, squares);
  let scale = inverseSqrt(total / f32(params.width) + params.eps);
  if (token < token_count()) {
    for (var i = thread; i < groups; i += THREADS) {
      x[at + i] += r[at + i] * scale * weight[i];
    }
  }
}
