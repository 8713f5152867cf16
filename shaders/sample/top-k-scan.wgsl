// First pass of top-k: the 128 largest logits of each chunk of 1024.
//   logits: [R, vocab] f32; candidates: [R, chunks * 128] of (logit as bits, token id), sorted within each chunk;
//   where there are fewer, the rest is (lowest float, 0xffffffff)
// Workgroup (chunk, row) of 256 threads. Reads 4 bytes a logit, writes 1 byte a logit.
struct Params {
  vocab: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> candidates: array<vec2<u32>>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let first = workgroup.x * CHUNK;
  for (var i = thread; i < CHUNK; i += THREADS) {
    let inside = first + i < params.vocab;
    let logit = logits[workgroup.y * params.vocab + min(first + i, params.vocab - 1u)];
    set_candidate(i, inside, logit, first + i);
  }
  sort_chunk(thread);
  keep_best((workgroup.y * workgroups.x + workgroup.x) * KEPT, thread);
}
