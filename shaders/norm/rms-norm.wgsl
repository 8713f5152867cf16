// h[t] = x[t] / sqrt(mean(x[t]²) + eps) * w
//   x, h: [T, 4 * GROUPS] f32 as vec4; weight: [4 * GROUPS].
// One workgroup a token; a thread keeps its share of the row in registers while all sum it. Rows beyond T are read, which does no harm,
// so that no load waits for another.
// Moves 8 bytes an element (x in, h out); the weight stays in the cache.
struct Params {
  eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> h: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let token = workgroup.x;
  let at = token * GROUPS;
  var values: array<vec4<f32>, SHARE>;
  var squares = 0.0;
  for (var k = 0u; k < SHARE; k++) {
    let i = thread + k * THREADS;
    if (i < GROUPS) {
      values[k] = x[at + i];
      squares += dot(values[k], values[k]);
    }
  }
  let total = workgroup_sum(thread, squares);
  let scale = inverseSqrt(total / f32(GROUPS * 4u) + params.eps);
  if (token < token_count()) {
    for (var k = 0u; k < SHARE; k++) {
      let i = thread + k * THREADS;
      if (i < GROUPS) {
        h[at + i] = values[k] * scale * weight[i];
      }
    }
  }
}
