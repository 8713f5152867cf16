// What turns logits into probabilities, for each row: (max, Σ exp(l - max), Σ exp((l - max) * inverse_temperature), 0).
//   logits: [R, vocab] f32; inverse_temperatures: [R]; sums: [R]
// One workgroup a row, which reads it twice: 8 bytes a logit. Wide, because R is small and vocab large.
struct Params {
  vocab: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> inverse_temperatures: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec4<f32>>;

const THREADS: u32 = 256u;
const LOWEST: f32 = -3.4028234e38;

var<workgroup> partial: array<vec2<f32>, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = workgroup.x;
  let first = row * params.vocab;

  var largest = LOWEST;
  for (var i = thread; i < params.vocab; i += THREADS) {
    largest = max(largest, logits[first + i]);
  }
  partial[thread] = vec2(largest, 0.0);
  for (var stride = THREADS / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) {
      partial[thread].x = max(partial[thread].x, partial[thread + stride].x);
    }
  }
  workgroupBarrier();
  largest = partial[0].x;
  workgroupBarrier();

  let inverse_temperature = inverse_temperatures[row];
  var sum = vec2(0.0);
  for (var i = thread; i < params.vocab; i += THREADS) {
    let below = logits[first + i] - largest;
    sum += exp(vec2(below, below * inverse_temperature));
  }
  partial[thread] = sum;
  for (var stride = THREADS / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) {
      partial[thread] += partial[thread + stride];
    }
  }
  if (thread == 0u) {
    sums[row] = vec4(largest, partial[0], 0.0);
  }
}
