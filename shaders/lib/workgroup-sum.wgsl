// Sums over a workgroup of THREADS (a power of two) threads. All threads of the workgroup must call it.
override THREADS: u32 = 64u;

var<workgroup> partial_sums: array<f32, THREADS>;

fn workgroup_sum(thread: u32, value: f32) -> f32 {
  partial_sums[thread] = value;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (thread < half) {
      partial_sums[thread] += partial_sums[thread + half];
    }
    workgroupBarrier();
  }
  return partial_sums[0];
}
