// x[s] += branch(r[s]); h[row] = x[s] / sqrt(mean(x[s]²) + eps) * w, where s = source_row(row): the token itself, or the token of an
// output, and branch is r times a factor, or r's own norm.
//   x, r: [T, 4 * GROUPS] f32 as vec4; weight: [4 * GROUPS]; h: [rows, 4 * GROUPS]. No two rows share a source.
// One workgroup a row; a thread keeps its share of the sum in registers while all square it. Rows beyond the last are read, which does no
// harm, so that no load waits for another.
// Moves 16 bytes an element (x and r in, x and h out); the weight stays in the cache.
struct Params {
  eps: f32,
  branch_scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> r: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> weight: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> h: array<vec4<f32>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = workgroup.x;
  let at = source_row(row) * GROUPS;
  var values: array<vec4<f32>, SHARE>;
  var branches: array<vec4<f32>, SHARE>;
  for (var k = 0u; k < SHARE; k++) {
    let i = thread + k * THREADS;
    if (i < GROUPS) {
      values[k] = x[at + i];
      branches[k] = r[at + i];
    }
  }
  let branch_norm = branch_prepare(thread, &branches);
  var squares = 0.0;
  for (var k = 0u; k < SHARE; k++) {
    let i = thread + k * THREADS;
    if (i < GROUPS) {
      values[k] += branch(branches[k], branch_norm, i);
      squares += dot(values[k], values[k]);
    }
  }
  let total = workgroup_sum(thread, squares);
  let scale = inverseSqrt(total / f32(GROUPS * 4u) + params.eps);
  if (row < row_count()) {
    for (var k = 0u; k < SHARE; k++) {
      let i = thread + k * THREADS;
      if (i < GROUPS) {
        x[at + i] = values[k];
        h[row * GROUPS + i] = values[k] * scale * weight[i];
      }
    }
  }
}
