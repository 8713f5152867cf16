// The most likely token of each row, or of each chunk of a row: (id, logit as bits, 1 where any logit is NaN or infinite else 0, 0).
//   source: [R, count] logits, or the bests of the pass before; picks: [R, chunks]; of equal logits the smallest id
// Workgroup (chunk, row): a first pass has one for each CHUNK of logits and a second one merges theirs. A thread takes a SHARE of its chunk, all of it on its way at once; LANES threads put together what all found.
// Moves 4 bytes a logit.
struct Params {
  count: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> picks: array<vec4<u32>>;

const CHUNK: u32 = THREADS * SHARE;
const LOWEST: f32 = -3.4028234e38;
const NOBODY: u32 = 0xffffffffu;

struct Best {
  logit: f32,
  id: u32,
  broken: u32,
}

var<workgroup> thread_bests: array<Best, THREADS>;
var<workgroup> lane_bests: array<Best, LANES>;

fn better(a: Best, b: Best) -> Best {
  let second = b.logit > a.logit || (b.logit == a.logit && b.id < a.id);
  return Best(select(a.logit, b.logit, second), select(a.id, b.id, second), a.broken | b.broken);
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  var best = Best(LOWEST, NOBODY, 0u);
  for (var k = 0u; k < SHARE; k++) {
    let at = workgroup.x * CHUNK + k * THREADS + thread;
    // A candidate beyond the last repeats it.
    best = better(best, candidate(workgroup.y * params.count, min(at, params.count - 1u)));
  }
  thread_bests[thread] = best;
  workgroupBarrier();
  if (thread < LANES) {
    for (var i = thread + LANES; i < THREADS; i += LANES) {
      best = better(best, thread_bests[i]);
    }
    lane_bests[thread] = best;
  }
  workgroupBarrier();
  if (thread == 0u) {
    for (var i = 1u; i < LANES; i++) {
      best = better(best, lane_bests[i]);
    }
    picks[workgroup.y * workgroups.x + workgroup.x] = vec4(best.id, bitcast<u32>(best.logit), best.broken, 0u);
  }
}
