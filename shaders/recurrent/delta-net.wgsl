// The gated delta rule, token after token of each part, for every value head with its state S [key, value]:
//   S *= decay;  delta = (v - Sᵀk) * beta;  S += k ⊗ delta;  o = Sᵀq
// With the products of the old state, u = Sᵀk and w = Sᵀq, one pass does it: delta = (v - decay * u) * beta, o = decay * w + delta * (k·q).
//   qkv: [T, stride] f32: k_heads queries, k_heads keys, v_heads values of HEAD_DIM each, normalized (delta-inputs.wgsl);
//   gates: [T, v_heads] of (decay, beta, k·q, 0); state: [slots, v_heads, HEAD_DIM (value), HEAD_DIM (key)]; out: [T, v_heads, HEAD_DIM].
// Value head h belongs to key head h % k_heads. Columns of S do not meet, so a workgroup takes COLUMNS of them of one head and part;
// LANES threads share a column and hold it in registers, 16 * BLOCKS keys each: every LANES-th vec4, so that neighbours read neighbours.
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
const BLOCK_STEP: u32 = LANES * 4u; // elements from a block to the next

// The elements at, at + LANES, ...: 16 values of a key or query.
fn block_at(at: u32) -> mat4x4<f32> {
  return mat4x4(qkv[at], qkv[at + LANES], qkv[at + 2u * LANES], qkv[at + 3u * LANES]);
}

fn block_dot(a: mat4x4<f32>, b: mat4x4<f32>) -> f32 {
  return dot(a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3], vec4(1.0));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let head = workgroup.y;
  let part = part_at(workgroup.z);
  let lane = thread % LANES;
  let column = workgroup.x * COLUMNS + thread / LANES;
  let in_head = min(column, HEAD_DIM - 1u); // a thread beyond the last column works along and stores nothing
  let state_at = ((part.state_slot * params.v_heads + head) * HEAD_DIM + in_head) * HEAD_ELEMENTS + lane;

  var s: array<mat4x4<f32>, BLOCKS>;
  if (!part.starts) {
    for (var b = 0u; b < BLOCKS; b++) {
      let at = state_at + b * BLOCK_STEP;
      s[b] = mat4x4(state[at], state[at + LANES], state[at + 2u * LANES], state[at + 3u * LANES]);
    }
  }
  for (var t = 0u; t < part.tokens; t++) {
    let token = part.first_token + t;
    let q_at = token * (params.stride / 4u) + (head % params.k_heads) * HEAD_ELEMENTS + lane;
    let k_at = q_at + params.k_heads * HEAD_ELEMENTS;
    let v_at = token * params.stride + (2u * params.k_heads + head) * HEAD_DIM + in_head;
    let value = qkv[v_at / 4u][v_at % 4u];
    let gate = gates[token * params.v_heads + head];
    var k: array<mat4x4<f32>, BLOCKS>;
    var mine = vec2(0.0);
    for (var b = 0u; b < BLOCKS; b++) {
      k[b] = block_at(k_at + b * BLOCK_STEP);
      mine += vec2(block_dot(s[b], k[b]), block_dot(s[b], block_at(q_at + b * BLOCK_STEP)));
    }
    let sums = column_sums(thread, t, mine);
    let delta = (value - gate.x * sums.x) * gate.y;
    for (var b = 0u; b < BLOCKS; b++) {
      s[b] = s[b] * gate.x + k[b] * delta;
    }
    if (lane == 0u && column < HEAD_DIM) {
      out[(token * params.v_heads + head) * HEAD_DIM + column] = gate.x * sums.y + delta * gate.z;
    }
  }
  if (column < HEAD_DIM) {
    for (var b = 0u; b < BLOCKS; b++) {
      let at = state_at + b * BLOCK_STEP;
      state[at] = s[b][0];
      state[at + LANES] = s[b][1];
      state[at + 2u * LANES] = s[b][2];
      state[at + 3u * LANES] = s[b][3];
    }
  }
}
