// Few tokens in integers, where dot4I8Packed is fast (lib/integers.wgsl): 4 of them share every weight that is read and spread to
// bytes, so a batch of 2 … 15 costs little more traffic than one token.
// A workgroup of THREADS makes integers of CHUNK blocks of 4 tokens' x in workgroup memory, its threads 8 elements of two tokens
// each, and meanwhile loads its weights' share of them: LANES = CHUNK threads a group of ROWS rows.
override THREADS: u32 = 256u;
override LANES: u32 = 32u;
override ROWS: u32 = 2u; // of one thread: 2 or 4
override SUBGROUP: u32 = 32u; // threads, at most LANES, that are surely of one subgroup where they are neighbours

const TOKENS: u32 = 4u; // of one workgroup: the components of each sum
const PARTS_PER_BLOCK: u32 = 8u; // vec4s

override BYTES_SIZE: u32 = TOKENS * LANES * 4u;
override STEPS_SIZE: u32 = TOKENS * LANES;
override PARTIALS: u32 = 4u * THREADS / SUBGROUP;
var<workgroup> x_bytes: array<vec4<u32>, BYTES_SIZE>; // [TOKENS, (first, last 16) of (upper, lower) bytes, LANES]
var<workgroup> x_steps: array<vec4<f32>, STEPS_SIZE>;
var<workgroup> partial: array<vec4<f32>, PARTIALS>; // [4, THREADS / SUBGROUP], where neighbours of several subgroups share a row

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
  let last_block = params.blocks - 1u;

  var sum0 = vec4(0.0);
  var sum1 = vec4(0.0);
  var sum2 = vec4(0.0);
  var sum3 = vec4(0.0);
  for (var first = 0u; first < params.blocks; first += LANES) {
    // Blocks beyond the last meet integers that are 0.
    let block = min(first + lane, last_block);
    let w0 = load_weights(row0, block);
    let w1 = load_weights(row1, block);
    var w2: Weights;
    var w3: Weights;
    if (ROWS > 2u) {
      w2 = load_weights(row2, block);
      w3 = load_weights(row3, block);
    }
    workgroupBarrier(); // until all are done with the chunk before
    for (var t = 0u; t < TOKENS && token + t < tokens; t += THREADS / (LANES * 4u)) {
      share_integers(thread, token, t + thread / (LANES * 4u), first + thread / 4u % LANES);
    }
    workgroupBarrier();

    let bytes0 = spread(w0.packed);
    let bytes1 = spread(w1.packed);
    let bytes2 = spread(w2.packed);
    let bytes3 = spread(w3.packed);
    let xa = load_integers(0u, lane);
    sum0.x += block_dot(bytes0, w0.scale, xa);
    sum1.x += block_dot(bytes1, w1.scale, xa);
    if (ROWS > 2u) {
      sum2.x += block_dot(bytes2, w2.scale, xa);
      sum3.x += block_dot(bytes3, w3.scale, xa);
    }
    if (token + 1u < tokens) {
      let xb = load_integers(1u, lane);
      sum0.y += block_dot(bytes0, w0.scale, xb);
      sum1.y += block_dot(bytes1, w1.scale, xb);
      if (ROWS > 2u) {
        sum2.y += block_dot(bytes2, w2.scale, xb);
        sum3.y += block_dot(bytes3, w3.scale, xb);
      }
    }
    if (token + 2u < tokens) {
      let xc = load_integers(2u, lane);
      sum0.z += block_dot(bytes0, w0.scale, xc);
      sum1.z += block_dot(bytes1, w1.scale, xc);
      if (ROWS > 2u) {
        sum2.z += block_dot(bytes2, w2.scale, xc);
        sum3.z += block_dot(bytes3, w3.scale, xc);
      }
    }
    if (token + 3u < tokens) {
      let xd = load_integers(3u, lane);
      sum0.w += block_dot(bytes0, w0.scale, xd);
      sum1.w += block_dot(bytes1, w1.scale, xd);
      if (ROWS > 2u) {
        sum2.w += block_dot(bytes2, w2.scale, xd);
        sum3.w += block_dot(bytes3, w3.scale, xd);
      }
    }
  }

  sum0 = over_lanes(thread, 0u, sum0);
  sum1 = over_lanes(thread, 1u, sum1);
  if (ROWS > 2u) {
    sum2 = over_lanes(thread, 2u, sum2);
    sum3 = over_lanes(thread, 3u, sum3);
  }
  if (lane != 0u) {
    return;
  }
  for (var t = 0u; t < TOKENS && token + t < tokens; t++) {
    store_pair(token + t, row, sum0[t], sum1[t]);
    if (ROWS > 2u) {
      store_pair(token + t, row + 2u, sum2[t], sum3[t]);
    }
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

// Integers of a thread's 8 elements of one token, whose row of x is there even beyond the last token.
fn share_integers(thread: u32, token: u32, t: u32, block: u32) {
  var a = vec4(0.0);
  var b = vec4(0.0);
  if (block < params.blocks) {
    let at = ((token + t) * params.blocks + block) * PARTS_PER_BLOCK + (thread & 3u) * 2u;
    a = x[at];
    b = x[at + 1u];
  }
  let share = to_integers(thread, a, b);
  // The first two of four threads take the first 16 elements; of two, the second has the lower bytes.
  let plane = (thread & 1u) * 2u + ((thread / 2u) & 1u);
  let k = thread / 4u % LANES;
  x_bytes[(t * 4u + plane) * LANES + k] = share.bytes;
  if ((thread & 3u) == 0u) {
    x_steps[t * LANES + k] = share.step_and_sums;
  }
}

fn load_integers(t: u32, k: u32) -> Integers {
  let at = t * 4u * LANES + k;
  let steps = x_steps[t * LANES + k];
  return Integers(
    x_bytes[at], x_bytes[at + LANES], x_bytes[at + 2u * LANES], x_bytes[at + 3u * LANES], //
    steps.x, steps.y, steps.z,
  );
}

// The sum of a row's lanes, in the first of them.
fn over_lanes(thread: u32, index: u32, value: vec4<f32>) -> vec4<f32> {
  var sum = value;
  for (var other = 1u; other < SUBGROUP; other *= 2u) {
    sum += subgroupShuffleXor(sum, other);
  }
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
