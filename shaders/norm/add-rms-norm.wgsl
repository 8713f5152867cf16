// x[s] += branch(r[s]); h[row] = x[s] / sqrt(mean(x[s]²) + eps) * w, where s = source_row(row): the token itself, or the token of an
// output, and branch is r times a factor, or r's own norm.
//   x, r: [T, width] f32 as vec4; weight: [width]; h: [rows, width]. width is a multiple of 4; no two rows share a source.
// One workgroup a row: the sum is written back while it is squared, and each thread reads again only what it wrote itself.
// Moves 16 bytes an element (x and r in, x and h out); the weight stays in the cache.
struct Params {
  width: u32,
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
  let present = row < row_count();
  let groups = select(0u, params.width / 4u, present);
  let source_at = select(0u, source_row(row), present) * groups;
  let branch_norm = branch_prepare(thread, source_at, groups);
  var squares = 0.0;
  for (var i = thread; i < groups; i += THREADS) {
    let value = x[source_at + i] + branch(r[source_at + i], branch_norm, i);
    x[source_at + i] = value;
    squares += dot(value, value);
  }
  let total = workgroup_sum(thread, squares);
  let scale = inverseSqrt(total / f32(params.width) + params.eps);
  for (var i = thread; i < groups; i += THREADS) {
    h[row * groups + i] = x[source_at + i] * scale * weight[i];
  }
}
