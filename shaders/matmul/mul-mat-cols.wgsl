// Few tokens: 4 of them share every weight that is read and decoded, so a batch of 2 … 15 costs little more traffic than one token.
// A workgroup of THREADS works on groups of 8 rows × 4 tokens, LANES threads a group: a thread takes every LANES-th block of 32
// along K, with 32 sums in registers. LANES = 1 needs neither reduction nor neighbours: the fastest shape where each thread is a
// lane of a CPU's vector unit, whatever the number of tokens.
// Moves rows * K * bytes per element for each 4 tokens; x is read once by each group of rows, mostly from cache.
override THREADS: u32 = 64u;
override LANES: u32 = 64u;

const ROWS: u32 = 8u; // of one thread: the sums below
const TOKENS: u32 = 4u; // of one thread: the components of each sum
const PARTS_PER_BLOCK: u32 = 8u; // vec4s

// [ROWS, THREADS], all but nothing where no threads share a row.
override PARTIALS: u32 = select(ROWS * THREADS, 1u, LANES == 1u);
var<workgroup> partial: array<vec4<f32>, PARTIALS>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let token = workgroup.z * TOKENS;
  let lane = thread % LANES;
  let row = ((workgroup.x + workgroup.y * workgroups.x) * (THREADS / LANES) + thread / LANES) * ROWS;
  let last = params.rows - 1u;
  let units = params.units_per_row;
  let parts = params.blocks * PARTS_PER_BLOCK;
  let x0 = token * parts;
  let x1 = x0 + parts;
  let x2 = x1 + parts;
  let x3 = x2 + parts;
  let row0 = min(row + 0u, last);
  let row1 = min(row + 1u, last);
  let row2 = min(row + 2u, last);
  let row3 = min(row + 3u, last);
  let row4 = min(row + 4u, last);
  let row5 = min(row + 5u, last);
  let row6 = min(row + 6u, last);
  let row7 = min(row + 7u, last);
  let quants0 = row0 * units;
  let quants1 = row1 * units;
  let quants2 = row2 * units;
  let quants3 = row3 * units;
  let quants4 = row4 * units;
  let quants5 = row5 * units;
  let quants6 = row6 * units;
  let quants7 = row7 * units;
  let scales0 = row0 * params.scales_per_row;
  let scales1 = row1 * params.scales_per_row;
  let scales2 = row2 * params.scales_per_row;
  let scales3 = row3 * params.scales_per_row;
  let scales4 = row4 * params.scales_per_row;
  let scales5 = row5 * params.scales_per_row;
  let scales6 = row6 * params.scales_per_row;
  let scales7 = row7 * params.scales_per_row;

  var sum0 = vec4(0.0);
  var sum1 = vec4(0.0);
  var sum2 = vec4(0.0);
  var sum3 = vec4(0.0);
  var sum4 = vec4(0.0);
  var sum5 = vec4(0.0);
  var sum6 = vec4(0.0);
  var sum7 = vec4(0.0);
  for (var block = lane; block < params.blocks; block += LANES) {
    let scale0 = block_scale(scales0, block);
    let scale1 = block_scale(scales1, block);
    let scale2 = block_scale(scales2, block);
    let scale3 = block_scale(scales3, block);
    let scale4 = block_scale(scales4, block);
    let scale5 = block_scale(scales5, block);
    let scale6 = block_scale(scales6, block);
    let scale7 = block_scale(scales7, block);
    for (var c = 0u; c < 4u; c++) {
      let part = block * PARTS_PER_BLOCK + chunk_part(c);
      let a0 = x[x0 + part];
      let b0 = x[x0 + part + CHUNK_SPAN];
      let a1 = x[x1 + part];
      let b1 = x[x1 + part + CHUNK_SPAN];
      let a2 = x[x2 + part];
      let b2 = x[x2 + part + CHUNK_SPAN];
      let a3 = x[x3 + part];
      let b3 = x[x3 + part + CHUNK_SPAN];
      sum0 += dot_chunk(chunk(quants0, block, c, scale0), a0, b0, a1, b1, a2, b2, a3, b3);
      sum1 += dot_chunk(chunk(quants1, block, c, scale1), a0, b0, a1, b1, a2, b2, a3, b3);
      sum2 += dot_chunk(chunk(quants2, block, c, scale2), a0, b0, a1, b1, a2, b2, a3, b3);
      sum3 += dot_chunk(chunk(quants3, block, c, scale3), a0, b0, a1, b1, a2, b2, a3, b3);
      sum4 += dot_chunk(chunk(quants4, block, c, scale4), a0, b0, a1, b1, a2, b2, a3, b3);
      sum5 += dot_chunk(chunk(quants5, block, c, scale5), a0, b0, a1, b1, a2, b2, a3, b3);
      sum6 += dot_chunk(chunk(quants6, block, c, scale6), a0, b0, a1, b1, a2, b2, a3, b3);
      sum7 += dot_chunk(chunk(quants7, block, c, scale7), a0, b0, a1, b1, a2, b2, a3, b3);
    }
  }

  if (LANES > 1u) {
    partial[thread] = sum0;
    partial[1u * THREADS + thread] = sum1;
    partial[2u * THREADS + thread] = sum2;
    partial[3u * THREADS + thread] = sum3;
    partial[4u * THREADS + thread] = sum4;
    partial[5u * THREADS + thread] = sum5;
    partial[6u * THREADS + thread] = sum6;
    partial[7u * THREADS + thread] = sum7;
    for (var stride = LANES / 2u; stride > 0u; stride /= 2u) {
      workgroupBarrier();
      if (lane < stride) {
        for (var at = thread; at < ROWS * THREADS; at += THREADS) {
          partial[at] += partial[at + stride];
        }
      }
    }
    sum0 = partial[thread];
    sum1 = partial[1u * THREADS + thread];
    sum2 = partial[2u * THREADS + thread];
    sum3 = partial[3u * THREADS + thread];
    sum4 = partial[4u * THREADS + thread];
    sum5 = partial[5u * THREADS + thread];
    sum6 = partial[6u * THREADS + thread];
    sum7 = partial[7u * THREADS + thread];
  }
  if (lane != 0u) {
    return;
  }
  sum0 = adapted_tokens(token, params.first_row + row0, sum0);
  sum1 = adapted_tokens(token, params.first_row + row1, sum1);
  sum2 = adapted_tokens(token, params.first_row + row2, sum2);
  sum3 = adapted_tokens(token, params.first_row + row3, sum3);
  sum4 = adapted_tokens(token, params.first_row + row4, sum4);
  sum5 = adapted_tokens(token, params.first_row + row5, sum5);
  sum6 = adapted_tokens(token, params.first_row + row6, sum6);
  sum7 = adapted_tokens(token, params.first_row + row7, sum7);
  let tokens = batch[params.count_at];
  if (token < tokens) {
    store_pair(token, row, sum0.x, sum1.x);
    store_pair(token, row + 2u, sum2.x, sum3.x);
    store_pair(token, row + 4u, sum4.x, sum5.x);
    store_pair(token, row + 6u, sum6.x, sum7.x);
  }
  if (token + 1u < tokens) {
    store_pair(token + 1u, row, sum0.y, sum1.y);
    store_pair(token + 1u, row + 2u, sum2.y, sum3.y);
    store_pair(token + 1u, row + 4u, sum4.y, sum5.y);
    store_pair(token + 1u, row + 6u, sum6.y, sum7.y);
  }
  if (token + 2u < tokens) {
    store_pair(token + 2u, row, sum0.z, sum1.z);
    store_pair(token + 2u, row + 2u, sum2.z, sum3.z);
    store_pair(token + 2u, row + 4u, sum4.z, sum5.z);
    store_pair(token + 2u, row + 6u, sum6.z, sum7.z);
  }
  if (token + 3u < tokens) {
    store_pair(token + 3u, row, sum0.w, sum1.w);
    store_pair(token + 3u, row + 2u, sum2.w, sum3.w);
    store_pair(token + 3u, row + 4u, sum4.w, sum5.w);
    store_pair(token + 3u, row + 6u, sum6.w, sum7.w);
  }
}

// One row's eight weights with the same eight activations of four tokens.
fn dot_chunk(
  w: Chunk,
  a0: vec4<f32>,
  b0: vec4<f32>,
  a1: vec4<f32>,
  b1: vec4<f32>,
  a2: vec4<f32>,
  b2: vec4<f32>,
  a3: vec4<f32>,
  b3: vec4<f32>,
) -> vec4<f32> {
  return vec4(dot(w.a, a0), dot(w.a, a1), dot(w.a, a2), dot(w.a, a3))
    + vec4(dot(w.b, b0), dot(w.b, b1), dot(w.b, b2), dot(w.b, b3));
}
