// logits = cap * tanh(logits * scale / cap), or logits * scale where cap is 0. In place, before anything is picked.
//   logits: [R, vocab] f32. Moves 8 bytes a logit.
struct Params {
  vocab: u32,
  scale: f32,
  cap: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;

const THREADS: u32 = 64u;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let id = workgroup.x * THREADS + thread;
  if (id >= params.vocab || workgroup.y >= output_count()) {
    return;
  }
  let at = workgroup.y * params.vocab + id;
  let scaled = logits[at] * params.scale;
  // tanh is 1 in f32 long before 20, and some drivers compute it by exponentials that overflow.
  let capped = params.cap * tanh(clamp(scaled / params.cap, -20.0, 20.0));
  // What is NaN or infinite stays it, to be reported. By bits: WGSL may assume that no value is.
  let broken = (bitcast<u32>(scaled) & 0x7f800000u) == 0x7f800000u;
  logits[at] = select(scaled, capped, params.cap > 0.0 && !broken);
}
