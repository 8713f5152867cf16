// The most likely token of each row: (id, logit as bits, 1 where any logit is NaN or infinite else 0, 0).
//   logits: [R, vocab] f32; picks: [R]; of equal logits the smallest id
// One workgroup a row, which reads it once: 4 bytes a logit. Wide, because R is small and vocab large.
struct Params {
  vocab: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> picks: array<vec4<u32>>;

const THREADS: u32 = 256u;
const LOWEST: f32 = -3.4028234e38;
const EXPONENT: u32 = 0x7f800000u;

struct Best {
  logit: f32,
  id: u32,
  broken: u32,
}

var<workgroup> partial: array<Best, THREADS>;

fn better(a: Best, b: Best) -> Best {
  let second = b.logit > a.logit || (b.logit == a.logit && b.id < a.id);
  return Best(select(a.logit, b.logit, second), select(a.id, b.id, second), a.broken | b.broken);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = workgroup.x;
  var best = Best(LOWEST, 0xffffffffu, 0u);
  for (var id = thread; id < params.vocab; id += THREADS) {
    let logit = logits[row * params.vocab + id];
    // By bits: WGSL may assume that no value is NaN or infinite.
    let broken = (bitcast<u32>(logit) & EXPONENT) == EXPONENT;
    best = better(best, Best(select(logit, LOWEST, broken), id, select(0u, 1u, broken)));
  }
  partial[thread] = best;
  for (var stride = THREADS / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) {
      partial[thread] = better(partial[thread], partial[thread + stride]);
    }
  }
  if (thread == 0u) {
    let winner = partial[0];
    picks[row] = vec4(winner.id, bitcast<u32>(winner.logit), winner.broken, 0u);
  }
}
