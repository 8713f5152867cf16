// Penalties and bias, in place: l' = (l > 0 ? l / repetition : l * repetition) - subtract, llama.cpp's rule.
//   entries: first (count, 0, 0, 0), then (row, token id, repetition as bits, subtract as bits); a (row, id) appears once
//   logits: [R, vocab] f32
// One thread an entry; moves 8 bytes each.
struct Params {
  vocab: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> entries: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;

const THREADS: u32 = 64u;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= entries[0].x) {
    return;
  }
  let entry = entries[id.x + 1u];
  let at = entry.x * params.vocab + entry.y;
  let repetition = bitcast<f32>(entry.z);
  let logit = logits[at];
  logits[at] = select(logit * repetition, logit / repetition, logit > 0.0) - bitcast<f32>(entry.w);
}
