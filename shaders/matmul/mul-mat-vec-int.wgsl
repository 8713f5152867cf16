// One token at a time: matrix × vector in integers, where dot4I8Packed is fast (lib/integers.wgsl). Each weight is read once:
// rows * K * bytes per element, beside which x is small.
// A workgroup of THREADS makes integers of CHUNK blocks of x in workgroup memory, its threads 8 elements each, and meanwhile loads
// its weights' share of them: LANES threads a group of ROWS rows, UNITS blocks of each row a thread, so that neighbours read
// neighbouring units. Two such sides of workgroup memory spare the second barrier; x that is one chunk needs one.
override THREADS: u32 = 256u; // a multiple of 4 * LANES
override LANES: u32 = 32u;
override ROWS: u32 = 2u; // of one thread: 2 or 4
override SIDES: u32 = 2u; // 1 where x is one chunk
override CHUNK: u32 = THREADS / 4u; // blocks
override UNITS: u32 = CHUNK / LANES; // blocks of a row that a thread takes of each chunk: 1, 2, or 3 with ROWS = 2

override BYTES_SIZE: u32 = SIDES * CHUNK * 4u;
override STEPS_SIZE: u32 = SIDES * CHUNK;
var<workgroup> x_bytes: array<vec4<u32>, BYTES_SIZE>; // [SIDES, (first, last 16) of (upper, lower) bytes, CHUNK]
var<workgroup> x_steps: array<vec4<f32>, STEPS_SIZE>;
override PARTIALS: u32 = THREADS / SUBGROUP; // where neighbours of several subgroups share a row
var<workgroup> partial: array<vec4<f32>, PARTIALS>;

const PARTS_PER_BLOCK: u32 = 8u; // vec4s

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
  let x_at = token * params.blocks * PARTS_PER_BLOCK;
  let last_block = params.blocks - 1u;
  // Where a thread puts its share of x: the first two of four threads take the first 16 elements.
  let to = ((thread & 1u) * 2u + ((thread / 2u) & 1u)) * CHUNK + thread / 4u;

  var sums = vec4(0.0);
  var side = 0u;
  for (var first = 0u; first < params.blocks; first += CHUNK) {
    var a = vec4(0.0);
    var b = vec4(0.0);
    let block = first + thread / 4u;
    if (block <= last_block) {
      let at = x_at + block * PARTS_PER_BLOCK + (thread & 3u) * 2u;
      a = x[at];
      b = x[at + 1u];
    }
    // Blocks beyond the last meet integers that are 0.
    let block0 = min(first + lane, last_block);
    let block1 = min(first + LANES + lane, last_block);
    let w00 = load_weights(row0, block0);
    let w10 = load_weights(row1, block0);
    var w20: Weights;
    var w30: Weights;
    var w01: Weights;
    var w11: Weights;
    var w21: Weights;
    var w31: Weights;
    var w02: Weights;
    var w12: Weights;
    if (ROWS > 2u) {
      w20 = load_weights(row2, block0);
      w30 = load_weights(row3, block0);
    }
    if (UNITS > 1u) {
      w01 = load_weights(row0, block1);
      w11 = load_weights(row1, block1);
      if (ROWS > 2u) {
        w21 = load_weights(row2, block1);
        w31 = load_weights(row3, block1);
      }
    }
    if (UNITS > 2u) {
      let block2 = min(first + 2u * LANES + lane, last_block);
      w02 = load_weights(row0, block2);
      w12 = load_weights(row1, block2);
    }

    let share = to_integers(thread, a, b);
    x_bytes[side * CHUNK * 4u + to] = share.bytes;
    if ((thread & 3u) == 0u) {
      x_steps[side * CHUNK + thread / 4u] = share.step_and_sums;
    }
    workgroupBarrier();

    let x0 = load_integers(side, lane);
    sums.x += block_dot(spread(w00.packed), w00.scale, x0);
    sums.y += block_dot(spread(w10.packed), w10.scale, x0);
    if (ROWS > 2u) {
      sums.z += block_dot(spread(w20.packed), w20.scale, x0);
      sums.w += block_dot(spread(w30.packed), w30.scale, x0);
    }
    if (UNITS > 1u) {
      let x1 = load_integers(side, LANES + lane);
      sums.x += block_dot(spread(w01.packed), w01.scale, x1);
      sums.y += block_dot(spread(w11.packed), w11.scale, x1);
      if (ROWS > 2u) {
        sums.z += block_dot(spread(w21.packed), w21.scale, x1);
        sums.w += block_dot(spread(w31.packed), w31.scale, x1);
      }
    }
    if (UNITS > 2u) {
      let x2 = load_integers(side, 2u * LANES + lane);
      sums.x += block_dot(spread(w02.packed), w02.scale, x2);
      sums.y += block_dot(spread(w12.packed), w12.scale, x2);
    }
    if (SIDES == 1u) {
      break;
    }
    side = 1u - side;
  }

  sums = subgroup_sum(sums);
  if (LANES > SUBGROUP) {
    let at = thread / SUBGROUP;
    if (thread % SUBGROUP == 0u) {
      partial[at] = sums;
    }
    workgroupBarrier();
    if (lane == 0u) {
      for (var other = 1u; other < LANES / SUBGROUP; other++) {
        sums += partial[at + other];
      }
    }
  }
  if (lane == 0u && token < batch[params.count_at]) {
    let whole = params.first_row;
    store_pair(token, row, adapted(token, whole + row0, sums.x), adapted(token, whole + row1, sums.y));
    if (ROWS > 2u) {
      store_pair(token, row + 2u, adapted(token, whole + row2, sums.z), adapted(token, whole + row3, sums.w));
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

fn load_integers(side: u32, k: u32) -> Integers {
  let at = side * CHUNK * 4u + k;
  let steps = x_steps[side * CHUNK + k];
  return Integers(
    x_bytes[at], x_bytes[at + CHUNK], x_bytes[at + 2u * CHUNK], x_bytes[at + 3u * CHUNK], //
    steps.x, steps.y, steps.z,
  );
}
