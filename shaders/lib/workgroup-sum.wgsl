// Sums over a workgroup of THREADS (a power of two) threads, in two steps: a barrier costs more than the additions that a tree would
// save. All threads of the workgroup must call it; calls may follow one another.
const SUM_LANES: u32 = select(8u, 16u, THREADS > 64u);

var<workgroup> thread_values: array<f32, THREADS>;
var<workgroup> lane_sums: array<f32, SUM_LANES>;

fn workgroup_sum(thread: u32, value: f32) -> f32 {
  thread_values[thread] = value;
  workgroupBarrier();
  if (thread < SUM_LANES) {
    var sum = 0.0;
    for (var i = thread; i < THREADS; i += SUM_LANES) {
      sum += thread_values[i];
    }
    lane_sums[thread] = sum;
  }
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < SUM_LANES; i++) {
    total += lane_sums[i];
  }
  return total;
}
