// Few tokens in integers, where dot4I8Packed is fast (lib/integers.wgsl): 4 of them share every weight that is read and spread to
// bytes, so a batch of 2 … 15 costs little more traffic than one token.
// LANES threads a group of 4 rows, each every LANES-th block; the next blocks' weights are on their way meanwhile. Tokens beyond
// the last are multiplied, too: integers that nobody made, in sums that nobody stores.
override THREADS: u32 = 64u;
override LANES: u32 = 32u;

const ROWS: u32 = 4u; // of one thread: the sums below
const TOKENS: u32 = 4u; // of one workgroup: the components of each sum

override PARTIALS: u32 = ROWS * THREADS / SUBGROUP;
var<workgroup> partial: array<vec4<f32>, PARTIALS>; // [ROWS, THREADS / SUBGROUP], where neighbours of several subgroups share a row

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let tokens = batch[params.count_at];
  let token = workgroup.z * TOKENS;
  let lane = thread % LANES;
  let row = ((workgroup.x + workgroup.y * workgroups.x) * (THREADS / LANES) + thread / LANES) * ROWS;
  let last = params.rows - 1u;
  let row0 = min(row, last);
  let row1 = min(row + 1u, last);
  let row2 = min(row + 2u, last);
  let row3 = min(row + 3u, last);

  var sum0 = vec4(0.0);
  var sum1 = vec4(0.0);
  var sum2 = vec4(0.0);
  var sum3 = vec4(0.0);
  let first = min(lane, params.blocks - 1u);
  var next0 = load_weights(row0, first);
  var next1 = load_weights(row1, first);
  var next2 = load_weights(row2, first);
  var next3 = load_weights(row3, first);
  for (var block = lane; block < params.blocks; block += LANES) {
    let w0 = next0;
    let w1 = next1;
    let w2 = next2;
    let w3 = next3;
    let next = select(block, block + LANES, block + LANES < params.blocks);
    next0 = load_weights(row0, next);
    next1 = load_weights(row1, next);
    next2 = load_weights(row2, next);
    next3 = load_weights(row3, next);
    let bytes0 = spread(w0.packed);
    let bytes1 = spread(w1.packed);
    let bytes2 = spread(w2.packed);
    let bytes3 = spread(w3.packed);
    let xa = load_integers(token, block);
    sum0.x += block_dot(bytes0, w0.scale, xa);
    sum1.x += block_dot(bytes1, w1.scale, xa);
    sum2.x += block_dot(bytes2, w2.scale, xa);
    sum3.x += block_dot(bytes3, w3.scale, xa);
    let xb = load_integers(token + 1u, block);
    sum0.y += block_dot(bytes0, w0.scale, xb);
    sum1.y += block_dot(bytes1, w1.scale, xb);
    sum2.y += block_dot(bytes2, w2.scale, xb);
    sum3.y += block_dot(bytes3, w3.scale, xb);
    let xc = load_integers(token + 2u, block);
    sum0.z += block_dot(bytes0, w0.scale, xc);
    sum1.z += block_dot(bytes1, w1.scale, xc);
    sum2.z += block_dot(bytes2, w2.scale, xc);
    sum3.z += block_dot(bytes3, w3.scale, xc);
    let xd = load_integers(token + 3u, block);
    sum0.w += block_dot(bytes0, w0.scale, xd);
    sum1.w += block_dot(bytes1, w1.scale, xd);
    sum2.w += block_dot(bytes2, w2.scale, xd);
    sum3.w += block_dot(bytes3, w3.scale, xd);
  }

  sum0 = over_lanes(thread, 0u, sum0);
  sum1 = over_lanes(thread, 1u, sum1);
  sum2 = over_lanes(thread, 2u, sum2);
  sum3 = over_lanes(thread, 3u, sum3);
  if (lane != 0u) {
    return;
  }
  sum0 = adapted_tokens(token, params.first_row + row0, sum0);
  sum1 = adapted_tokens(token, params.first_row + row1, sum1);
  sum2 = adapted_tokens(token, params.first_row + row2, sum2);
  sum3 = adapted_tokens(token, params.first_row + row3, sum3);
  if (token < tokens) {
    store_pair(token, row, sum0.x, sum1.x);
    store_pair(token, row + 2u, sum2.x, sum3.x);
  }
  if (token + 1u < tokens) {
    store_pair(token + 1u, row, sum0.y, sum1.y);
    store_pair(token + 1u, row + 2u, sum2.y, sum3.y);
  }
  if (token + 2u < tokens) {
    store_pair(token + 2u, row, sum0.z, sum1.z);
    store_pair(token + 2u, row + 2u, sum2.z, sum3.z);
  }
  if (token + 3u < tokens) {
    store_pair(token + 3u, row, sum0.w, sum1.w);
    store_pair(token + 3u, row + 2u, sum2.w, sum3.w);
  }
}

struct Weights {
  packed: Packed,
  scale: Scale,
}

fn load_weights(row: u32, block: u32) -> Weights {
  return Weights(
    load_packed(row * params.units_per_row, block),
    block_scale(row * params.scales_per_row, block),
  );
}

// The sum of a row's lanes, in the first of them.
fn over_lanes(thread: u32, index: u32, value: vec4<f32>) -> vec4<f32> {
  var sum = subgroup_sum(value);
  if (LANES > SUBGROUP) {
    let at = (index * THREADS + thread) / SUBGROUP;
    if (thread % SUBGROUP == 0u) {
      partial[at] = sum;
    }
    workgroupBarrier();
    if (thread % LANES == 0u) {
      for (var other = 1u; other < LANES / SUBGROUP; other++) {
        sum += partial[at + other];
      }
    }
  }
  return sum;
}
