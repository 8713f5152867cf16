// x[t] += r[t] / sqrt(mean(r[t]²) + eps) * w: a branch that is normalized on its way out, where nothing is normalized on the way in.
//   x, r: [T, 4 * GROUPS] f32 as vec4; weight: [4 * GROUPS].
// One workgroup a token; a thread keeps its share of the row in registers while all sum it. Moves 12 bytes an element (x and r in, x out).
struct Params {
  eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> r: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> weight: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let token = workgroup.x;
  let at = token * GROUPS;
  var values: array<vec4<f32>, SHARE>;
  var squares = 0.0;
  for (var k = 0u; k < SHARE; k++) {
    let i = thread + k * THREADS;
    if (i < GROUPS) {
      values[k] = r[at + i];
      squares += dot(values[k], values[k]);
    }
  }
  let total = workgroup_sum(thread, squares);
  let scale = inverseSqrt(total / f32(GROUPS * 4u) + params.eps);
  if (token < token_count()) {
    for (var k = 0u; k < SHARE; k++) {
      let i = thread + k * THREADS;
      if (i < GROUPS) {
        x[at + i] += values[k] * scale * weight[i];
      }
    }
  }
}
