// Sums over the LANES threads of a column, the same in each. All threads call it with turns 0, 1, 2, ...: these alternate between two
// halves of the memory, so that one barrier a turn suffices.
var<workgroup> lane_sums: array<vec2<f32>, 2u * THREADS>;

fn column_sums(thread: u32, turn: u32, mine: vec2<f32>) -> vec2<f32> {
  let half = (turn % 2u) * THREADS;
  lane_sums[half + thread] = mine;
  workgroupBarrier();
  let first = half + thread - thread % LANES;
  var sums = lane_sums[first];
  for (var lane = 1u; lane < LANES; lane++) {
    sums += lane_sums[first + lane];
  }
  return sums;
}
