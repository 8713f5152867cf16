// A later pass of top-k: the 128 best of each 1024 candidates.
//   source: [R, count] of (logit as bits, token id); candidates: [R, chunks * 128], sorted within each chunk
// Workgroup (chunk, row) of 256 threads. Reads 8 bytes a candidate, writes 1.
struct Params {
  count: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> candidates: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let first = workgroup.x * CHUNK;
  for (var i = thread; i < CHUNK; i += THREADS) {
    let inside = first + i < params.count;
    let candidate = source[workgroup.y * params.count + min(first + i, params.count - 1u)];
    set_candidate(i, inside, bitcast<f32>(candidate.x), candidate.y);
  }
  sort_chunk(thread);
  keep_best((workgroup.y * workgroups.x + workgroup.x) * KEPT, thread);
}
