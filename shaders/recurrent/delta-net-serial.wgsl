// The gated delta rule of delta-net.wgsl for adapters that run on the CPU: a thread takes a whole column of the state, in memory, and
// needs no barrier. The loops have no fixed length, so that the compiler leaves them as they are: unrolled, they take seconds to compile.
// An update waits for the next token's pass over the column (S = decay * S + k * delta), so that a token costs one reading and writing.
struct Params {
  k_heads: u32,
  v_heads: u32,
  head_dim: u32, // a multiple of 4
  stride: u32, // floats
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> qkv: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> gates: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> state: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(global_invocation_id) id: vec3<u32>) {
  let column = id.x;
  let head = workgroup.y;
  let part = part_at(workgroup.z);
  let elements = params.head_dim / 4u;
  if (column >= params.head_dim) {
    return;
  }
  let state_at = ((part.state_slot * params.v_heads + head) * params.head_dim + column) * elements;
  if (part.starts) {
    for (var i = 0u; i < elements; i++) {
      state[state_at + i] = vec4(0.0);
    }
  }
  let first_k_at = part.first_token * (params.stride / 4u) + (params.k_heads + head % params.k_heads) * elements;
  // What the last token left to do; at first nothing.
  var last_k_at = first_k_at;
  var last_decay = 1.0;
  var last_delta = 0.0;
  for (var t = 0u; t < part.tokens; t++) {
    let token = part.first_token + t;
    let k_at = first_k_at + t * (params.stride / 4u);
    let q_at = k_at - params.k_heads * elements;
    var u = vec4(0.0);
    var w = vec4(0.0);
    for (var i = 0u; i < elements; i++) {
      let s = last_decay * state[state_at + i] + last_delta * qkv[last_k_at + i];
      state[state_at + i] = s;
      u += s * qkv[k_at + i];
      w += s * qkv[q_at + i];
    }
    let v_at = token * params.stride + (2u * params.k_heads + head) * params.head_dim + column;
    let gate = gates[token * params.v_heads + head];
    let delta = (qkv[v_at / 4u][v_at % 4u] - gate.x * dot(u, vec4(1.0))) * gate.y;
    out[(token * params.v_heads + head) * params.head_dim + column] = gate.x * dot(w, vec4(1.0)) + delta * gate.z;
    last_k_at = k_at;
    last_decay = gate.x;
    last_delta = delta;
  }
  for (var i = 0u; i < elements; i++) {
    state[state_at + i] = last_decay * state[state_at + i] + last_delta * qkv[last_k_at + i];
  }
}
