// One token at a time: matrix × vector. Each weight is read once: rows * K * bytes per element, beside which x is small.
// A workgroup of THREADS works on groups of ROWS rows, LANES threads a group: a thread takes every LANES-th step (PARTS vec4s along K) of its
// rows, so that neighbours read neighbouring units and each vec4 of x serves all of them. LANES follows K: a short row leaves no thread idle.
override THREADS: u32 = 64u;
override LANES: u32 = 64u; // a power of two
override ROWS: u32 = 4u; // of one thread: 2 or 4, of the four sums below
const PARTS_PER_BLOCK: u32 = 8u; // vec4s

var<workgroup> partial: array<vec4<f32>, THREADS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let token = workgroup.z;
  let lane = thread % LANES;
  let row = ((workgroup.x + workgroup.y * workgroups.x) * (THREADS / LANES) + thread / LANES) * ROWS;
  let last = params.rows - 1u;
  let row0 = min(row, last);
  let row1 = min(row + 1u, last);
  let row2 = min(row + 2u, last);
  let row3 = min(row + 3u, last);
  let units = params.units_per_row;
  let x_at = token * params.blocks * PARTS_PER_BLOCK;
  let quants0 = row0 * units;
  let quants1 = row1 * units;
  let quants2 = row2 * units;
  let quants3 = row3 * units;
  let scales0 = row0 * params.scales_per_row;
  let scales1 = row1 * params.scales_per_row;
  let scales2 = row2 * params.scales_per_row;
  let scales3 = row3 * params.scales_per_row;

  var sum0 = 0.0;
  var sum1 = 0.0;
  var sum2 = 0.0;
  var sum3 = 0.0;
  for (var step = lane; step < params.blocks * PARTS_PER_BLOCK / PARTS; step += LANES) {
    let values = load_values(x_at + step * PARTS);
    sum0 += step_dot(quants0, scales0, step, values);
    sum1 += step_dot(quants1, scales1, step, values);
    if (ROWS > 2u) {
      sum2 += step_dot(quants2, scales2, step, values);
      sum3 += step_dot(quants3, scales3, step, values);
    }
  }

  partial[thread] = vec4(sum0, sum1, sum2, sum3);
  for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride) {
      partial[thread] += partial[thread + stride];
    }
  }
  if (lane == 0u && token < batch[params.count_at]) {
    let sums = partial[thread];
    let whole = params.first_row;
    store_pair(token, row, adapted(token, whole + row0, sums.x), adapted(token, whole + row1, sums.y));
    if (ROWS > 2u) {
      store_pair(token, row + 2u, adapted(token, whole + row2, sums.z), adapted(token, whole + row3, sums.w));
    }
  }
}
