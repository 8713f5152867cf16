// Logits of tokens that a row may not take become the lowest number, in place; a row without a mask stays as it is.
//   rows: shaders/lib/sampling-rows.wgsl; masks: [R, ceil(vocab / 32)] u32, bit i % 32 of word i / 32 set where token i may be taken
//   logits: [R, vocab] f32
// Workgroup (chunk, row), one thread a token: reads 4 bytes and a bit, writes 4 bytes where the token may not be taken.
struct Params {
  vocab: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> masks: array<u32>;
@group(0) @binding(3) var<storage, read_write> logits: array<f32>;

const THREADS: u32 = 256u;
const LOWEST: f32 = -3.4028234e38;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = workgroup.y;
  let id = workgroup.x * THREADS + thread;
  if (id >= params.vocab || !row_has(row, FLAG_MASKED)) {
    return;
  }
  let words = (params.vocab + 31u) / 32u;
  let allowed = (masks[row * words + id / 32u] >> (id % 32u)) & 1u;
  let at = row * params.vocab + id;
  // What is NaN or infinite stays it, to be reported. By bits: WGSL may assume that no value is.
  let broken = (bitcast<u32>(logits[at]) & 0x7f800000u) == 0x7f800000u;
  if (allowed == 0u && !broken) {
    logits[at] = LOWEST;
  }
}
