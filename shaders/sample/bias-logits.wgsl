// Logit biases, in place.
//   entries: first (count, 0, 0), then (row, token id, bias as bits); a (row, id) appears once
//   logits: [R, vocab] f32
// One thread an entry; moves 8 bytes each.
struct Params {
  vocab: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> entries: array<u32>;
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;

const THREADS: u32 = 64u;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= entries[0]) {
    return;
  }
  let entry = (id.x + 1u) * 3u;
  logits[entries[entry] * params.vocab + entries[entry + 1u]] += bitcast<f32>(entries[entry + 2u]);
}
