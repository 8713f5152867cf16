// What turns logits into probabilities, for each row or chunk of one: (max, Σ exp(l - max), Σ exp((l - max) * inverse_temperature), 0).
//   source: [R, count] logits, or the sums of the pass before; inverse_temperatures: [R]; sums: [R, chunks]
// Workgroup (chunk, row): a first pass has one for each CHUNK of logits and a second one merges theirs. A thread takes a SHARE of its
// chunk, first its maximum, then from the cache its sums; LANES threads put together what all found. Moves 4 bytes a logit.
struct Params {
  count: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> inverse_temperatures: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec4<f32>>;

const CHUNK: u32 = THREADS * SHARE;
const LOWEST: f32 = -1e30; // far below any logit; times an inverse temperature still finite

var<workgroup> thread_sums: array<vec3<f32>, THREADS>;
var<workgroup> lane_sums: array<vec3<f32>, LANES>;

// (max, sum, sum at temperature) of what two of them cover.
fn merged(a: vec3<f32>, b: vec3<f32>, inverse_temperature: f32) -> vec3<f32> {
  let largest = max(a.x, b.x);
  let bends = vec2(1.0, inverse_temperature);
  return vec3(largest, a.yz * exp((a.x - largest) * bends) + b.yz * exp((b.x - largest) * bends));
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let inverse_temperature = inverse_temperatures[workgroup.y];
  let row_at = workgroup.y * params.count;
  let first = workgroup.x * CHUNK + thread;
  var largest = LOWEST;
  for (var k = 0u; k < SHARE; k++) {
    largest = max(largest, summand(row_at + min(first + k * THREADS, params.count - 1u)).x); // beyond the last it is repeated
  }
  var sum = vec3(largest, 0.0, 0.0);
  for (var k = 0u; k < SHARE; k++) {
    let at = first + k * THREADS;
    if (at < params.count) {
      let next = summand(row_at + at);
      sum += vec3(0.0, next.yz * exp((next.x - largest) * vec2(1.0, inverse_temperature)));
    }
  }
  thread_sums[thread] = sum;
  workgroupBarrier();
  if (thread < LANES) {
    for (var i = thread + LANES; i < THREADS; i += LANES) {
      sum = merged(sum, thread_sums[i], inverse_temperature);
    }
    lane_sums[thread] = sum;
  }
  workgroupBarrier();
  if (thread == 0u) {
    for (var i = 1u; i < LANES; i++) {
      sum = merged(sum, lane_sums[i], inverse_temperature);
    }
    sums[workgroup.y * workgroups.x + workgroup.x] = vec4(sum, 0.0);
  }
}
