// What the delta rule needs of each token: q and k of unit length (q also divided by sqrt(head_dim)), and per value head
// the state's decay, the step beta, and the product of k and q.
//   qkv: [T, stride] f32: k_heads queries, k_heads keys (both normalized in place), then values that stay;
//   raw: [T, raw_stride], with v_heads alphas from alpha_offset and v_heads betas from beta_offset on; a, dt_bias: [v_heads];
//   gates: [T, v_heads] of (exp(a * softplus(alpha + dt_bias)), sigmoid(beta), q·k, 0).
// Value head h belongs to key head h % k_heads. A workgroup takes one key head of one token, so the three sums need one pass
// over workgroup memory.
// Moves 16 bytes an element of a query and 16 bytes a gate.
struct Params {
  k_heads: u32,
  v_heads: u32,
  head_dim: u32, // a multiple of 4
  stride: u32, // floats, a multiple of 4
  raw_stride: u32,
  alpha_offset: u32,
  beta_offset: u32,
  eps: f32, // added to the sum of squares
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> qkv: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> raw: array<f32>;
@group(0) @binding(3) var<storage, read> a: array<f32>;
@group(0) @binding(4) var<storage, read> dt_bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> gates: array<vec4<f32>>;

const THREADS: u32 = 32u; // a vec4 of a head of 128 each

var<workgroup> partial: array<vec3<f32>, THREADS>;

// log(1 + e^x). The logarithm is coarse near 1, where a series is exact; far out the result is x.
fn softplus(x: f32) -> f32 {
  let e = exp(min(x, 20.0));
  let near = e * (1.0 - e * (0.5 - e * (1.0 / 3.0)));
  return select(select(log(1.0 + e), near, e < 0.01), x, x > 20.0);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let k_head = workgroup.x;
  let token = workgroup.y;
  let elements = params.head_dim / 4u;
  let q_at = token * (params.stride / 4u) + k_head * elements;
  let k_at = q_at + params.k_heads * elements;
  var products = vec3(0.0); // q·q, k·k, q·k
  for (var i = thread; i < elements; i += THREADS) {
    let q = qkv[q_at + i];
    let k = qkv[k_at + i];
    products += vec3(dot(q, q), dot(k, k), dot(q, k));
  }
  partial[thread] = products;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (thread < half) {
      partial[thread] += partial[thread + half];
    }
    workgroupBarrier();
  }
  let sums = partial[0];
  let q_scale = inverseSqrt((sums.x + params.eps) * f32(params.head_dim));
  let k_scale = inverseSqrt(sums.y + params.eps);
  for (var i = thread; i < elements; i += THREADS) {
    qkv[q_at + i] *= q_scale;
    qkv[k_at + i] *= k_scale;
  }
  for (var head = k_head + thread * params.k_heads; head < params.v_heads; head += THREADS * params.k_heads) {
    let raw_at = token * params.raw_stride + head;
    let decay = exp(a[head] * softplus(raw[raw_at + params.alpha_offset] + dt_bias[head]));
    let beta = sigmoid(raw[raw_at + params.beta_offset]);
    gates[token * params.v_heads + head] = vec4(decay, beta, sums.z * q_scale * k_scale, 0.0);
  }
}
