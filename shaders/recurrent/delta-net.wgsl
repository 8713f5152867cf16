// The gated delta rule, token after token of each part, for every value head with its state S [key, value]:
//   S *= decay;  delta = (v - Sᵀk) * beta;  S += k ⊗ delta;  o = Sᵀq
// With the products of the old state, u = Sᵀk and w = Sᵀq, one pass does it: delta = (v - decay * u) * beta, o = decay * w + delta * (k·q).
//   qkv: [T, stride] f32: k_heads queries, k_heads keys, v_heads values of HEAD_DIM each, normalized (delta-inputs.wgsl);
//   gates: [T, v_heads] of (decay, beta, k·q, 0); state: [slots, v_heads, HEAD_DIM (value), HEAD_DIM (key)]; out: [T, v_heads, HEAD_DIM].
// Value head h belongs to key head h % k_heads. Columns of S do not meet, so a workgroup takes COLUMNS of them of one head and part;
// LANES threads share a column and hold it in registers, 16 keys each: every LANES-th vec4, so that neighbours read neighbours.
// Moves the state twice (8 bytes an element) and a token's q, k once for each workgroup, out of the cache.
struct Params {
  k_heads: u32,
  v_heads: u32,
  stride: u32, // floats
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> qkv: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> gates: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

const HEAD_ELEMENTS: u32 = HEAD_DIM / 4u;

var<workgroup> lane_sums: array<vec2<f32>, 2u * THREADS>;

// A thread's 16 values of a query or key: the elements at, at + LANES, ...
fn values_at(at: u32) -> mat4x4<f32> {
  return mat4x4(qkv[at], qkv[at + LANES], qkv[at + 2u * LANES], qkv[at + 3u * LANES]);
}

fn product(a: mat4x4<f32>, b: mat4x4<f32>) -> f32 {
  return dot(a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3], vec4(1.0));
}

// Sums over the threads of a column, the same in each. Turns alternate between two halves of the memory, so that one barrier suffices.
fn column_sums(thread: u32, turn: u32, mine: vec2<f32>) -> vec2<f32> {
  let half = (turn % 2u) * THREADS;
  lane_sums[half + thread] = mine;
  workgroupBarrier();
  let first = half + thread - thread % LANES;
  var sums = lane_sums[first];
  for (var lane = 1u; lane < LANES; lane++) {
    sums += lane_sums[first + lane];
  }
  return sums;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let head = workgroup.y;
  let part = part_at(workgroup.z);
  let lane = thread % LANES;
  let column = workgroup.x * COLUMNS + thread / LANES;
  let in_head = min(column, HEAD_DIM - 1u); // a thread beyond the last column works along and stores nothing
  let state_at = ((part.state_slot * params.v_heads + head) * HEAD_DIM + in_head) * HEAD_ELEMENTS + lane;

  var s = mat4x4<f32>();
  if (!part.starts) {
    s = mat4x4(state[state_at], state[state_at + LANES], state[state_at + 2u * LANES], state[state_at + 3u * LANES]);
  }
  for (var t = 0u; t < part.tokens; t++) {
    let token = part.first_token + t;
    let q_at = token * (params.stride / 4u) + (head % params.k_heads) * HEAD_ELEMENTS + lane;
    let k = values_at(q_at + params.k_heads * HEAD_ELEMENTS);
    let v_at = token * params.stride + (2u * params.k_heads + head) * HEAD_DIM + in_head;
    let value = qkv[v_at / 4u][v_at % 4u];
    let gate = gates[token * params.v_heads + head];
    let sums = column_sums(thread, t, vec2(product(s, k), product(s, values_at(q_at))));
    let delta = (value - gate.x * sums.x) * gate.y;
    s = s * gate.x + k * delta;
    if (lane == 0u && column < HEAD_DIM) {
      out[(token * params.v_heads + head) * HEAD_DIM + column] = gate.x * sums.y + delta * gate.z;
    }
  }
  if (column < HEAD_DIM) {
    state[state_at] = s[0];
    state[state_at + LANES] = s[1];
    state[state_at + 2u * LANES] = s[2];
    state[state_at + 3u * LANES] = s[3];
  }
}
