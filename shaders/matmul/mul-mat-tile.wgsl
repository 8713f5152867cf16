// Many tokens: 64 rows × 32 tokens a workgroup of 8 × 8 threads, each with 8 rows × 4 tokens of sums in registers.
// Per step of one block of 32 along K, the rows' weights are decoded once into workgroup memory (f32, scaled; 8 KiB) and x is
// copied beside them (4 KiB): per vec4 of K a thread reads 12 of them for 128 multiplications.
// Moves rows * K * bytes per element for each 32 tokens, and x once for each 64 rows.
const ROWS: u32 = 64u;
const TOKENS: u32 = 32u;
const THREADS: u32 = 64u;
const PARTS_PER_BLOCK: u32 = 8u; // vec4s
const CHUNKS: u32 = 4u;
// One vec4 of padding, so that threads that write the same row's parts touch different banks.
const ROW_STRIDE: u32 = ROWS + 1u;
const TOKEN_STRIDE: u32 = TOKENS + 1u;

// [PARTS_PER_BLOCK, ROW_STRIDE]: first the even rows, then the odd ones, so that threads with neighbouring pairs read neighbours.
var<workgroup> weights: array<vec4<f32>, PARTS_PER_BLOCK * ROW_STRIDE>;
var<workgroup> values: array<vec4<f32>, PARTS_PER_BLOCK * TOKEN_STRIDE>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let first_row = (workgroup.x + workgroup.y * workgroups.x) * ROWS;
  let first_token = workgroup.z * TOKENS;
  let units = params.units_per_row;
  let parts = params.blocks * PARTS_PER_BLOCK;
  let last = params.rows - 1u;
  // what this thread fetches
  let c = thread % CHUNKS;
  let weight_row = thread / CHUNKS;
  let x_part = thread % PARTS_PER_BLOCK;
  let x_token = thread / PARTS_PER_BLOCK;
  // what it multiplies: pairs of rows 16 apart, tokens 8 apart
  let pair = thread % 8u;
  let token_at = thread / 8u;

  var sum0 = vec4(0.0);
  var sum1 = vec4(0.0);
  var sum2 = vec4(0.0);
  var sum3 = vec4(0.0);
  var sum4 = vec4(0.0);
  var sum5 = vec4(0.0);
  var sum6 = vec4(0.0);
  var sum7 = vec4(0.0);
  for (var block = 0u; block < params.blocks; block++) {
    workgroupBarrier();
    for (var r = weight_row; r < ROWS; r += THREADS / CHUNKS) {
      let row = min(first_row + r, last);
      let scale = block_scale(row * params.scales_per_row, block);
      let w = chunk(row * units, block, c, scale);
      let at = chunk_part(c) * ROW_STRIDE + r / 2u + (r % 2u) * (ROWS / 2u);
      weights[at] = w.a;
      weights[at + CHUNK_SPAN * ROW_STRIDE] = w.b;
    }
    for (var t = x_token; t < TOKENS; t += THREADS / PARTS_PER_BLOCK) {
      values[x_part * TOKEN_STRIDE + t] = x[(first_token + t) * parts + block * PARTS_PER_BLOCK + x_part];
    }
    workgroupBarrier();
    for (var k = 0u; k < PARTS_PER_BLOCK; k++) {
      let v = k * TOKEN_STRIDE + token_at;
      let v0 = values[v];
      let v1 = values[v + 8u];
      let v2 = values[v + 16u];
      let v3 = values[v + 24u];
      let w = k * ROW_STRIDE + pair;
      sum0 += dot_tokens(weights[w + 0u], v0, v1, v2, v3);
      sum1 += dot_tokens(weights[w + 0u + ROWS / 2u], v0, v1, v2, v3);
      sum2 += dot_tokens(weights[w + 8u], v0, v1, v2, v3);
      sum3 += dot_tokens(weights[w + 8u + ROWS / 2u], v0, v1, v2, v3);
      sum4 += dot_tokens(weights[w + 16u], v0, v1, v2, v3);
      sum5 += dot_tokens(weights[w + 16u + ROWS / 2u], v0, v1, v2, v3);
      sum6 += dot_tokens(weights[w + 24u], v0, v1, v2, v3);
      sum7 += dot_tokens(weights[w + 24u + ROWS / 2u], v0, v1, v2, v3);
    }
  }

  let row = first_row + pair * 2u;
  let token = first_token + token_at;
  let tokens = batch[params.count_at];
  if (token < tokens) {
    store_pair(token, row, sum0.x, sum1.x);
    store_pair(token, row + 16u, sum2.x, sum3.x);
    store_pair(token, row + 32u, sum4.x, sum5.x);
    store_pair(token, row + 48u, sum6.x, sum7.x);
  }
  if (token + 8u < tokens) {
    store_pair(token + 8u, row, sum0.y, sum1.y);
    store_pair(token + 8u, row + 16u, sum2.y, sum3.y);
    store_pair(token + 8u, row + 32u, sum4.y, sum5.y);
    store_pair(token + 8u, row + 48u, sum6.y, sum7.y);
  }
  if (token + 16u < tokens) {
    store_pair(token + 16u, row, sum0.z, sum1.z);
    store_pair(token + 16u, row + 16u, sum2.z, sum3.z);
    store_pair(token + 16u, row + 32u, sum4.z, sum5.z);
    store_pair(token + 16u, row + 48u, sum6.z, sum7.z);
  }
  if (token + 24u < tokens) {
    store_pair(token + 24u, row, sum0.w, sum1.w);
    store_pair(token + 24u, row + 16u, sum2.w, sum3.w);
    store_pair(token + 24u, row + 32u, sum4.w, sum5.w);
    store_pair(token + 24u, row + 48u, sum6.w, sum7.w);
  }
}

fn dot_tokens(w: vec4<f32>, v0: vec4<f32>, v1: vec4<f32>, v2: vec4<f32>, v3: vec4<f32>) -> vec4<f32> {
  return vec4(dot(w, v0), dot(w, v1), dot(w, v2), dot(w, v3));
}
