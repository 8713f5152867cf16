// Normalizes (where the model does) and rotates the queries and keys of each token in place and appends keys and values to the
// paged KV cache.
//   qkv: [T, stride] f32, of which the first (heads + 2 * kv_heads) * HEAD_DIM are queries, keys, values;
//   table: [positions, rope_dim / 2] of (cos, sin);
//   keys, values: the cache of this layer (shaders/lib/kv-layout.wgsl). Dimensions from rope_dim on pass through.
// A workgroup takes WORKGROUP_HEADS whole heads of one token, at most 64 elements of 4 dimensions, through workgroup
// memory: a pair may lie in two threads, and both must have read before either writes.
// Moves 8 bytes a query dimension, 8 + cache a key dimension, 4 + cache a value dimension.
struct Params {
  heads: u32,
  kv_heads: u32,
  rope_dim: u32,
  stride: u32, // floats
  eps: f32, // of the norm
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> qkv: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> table: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> keys: array<KvElement>;
@group(0) @binding(5) var<storage, read_write> values: array<KvElement>;

const THREADS: u32 = 64u;
const WORKGROUP_ELEMENTS: u32 = WORKGROUP_HEADS * HEAD_ELEMENTS;

var<workgroup> row: array<f32, WORKGROUP_HEADS * HEAD_DIM>;

// One dimension of a head of this workgroup, rotated to `position`.
fn rotated(head: u32, dim: u32, position: u32) -> f32 {
  let value = row[head * HEAD_DIM + dim] * qk_factor(head, dim);
  if (dim >= params.rope_dim) {
    return value;
  }
  let pair = rope_pair(dim, params.rope_dim);
  let turn = table[position * (params.rope_dim / 2u) + pair.frequency];
  let partner = row[head * HEAD_DIM + pair.partner] * qk_factor(head, pair.partner);
  return value * turn.x + pair.sign * partner * turn.y;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let token = workgroup.y;
  let all_heads = params.heads + 2u * params.kv_heads;
  let first_head = workgroup.x * WORKGROUP_HEADS;
  let at = token * (params.stride / 4u) + first_head * HEAD_ELEMENTS;
  let elements = min(WORKGROUP_ELEMENTS, (all_heads - first_head) * HEAD_ELEMENTS);
  for (var i = thread; i < elements; i += THREADS) {
    let value = qkv[at + i];
    row[i * 4u] = value.x;
    row[i * 4u + 1u] = value.y;
    row[i * 4u + 2u] = value.z;
    row[i * 4u + 3u] = value.w;
  }
  workgroupBarrier();
  qk_prepare(first_head, thread);

  let position = token_position(token);
  let slot = token_slot(token);
  let page = slot / PAGE;
  let offset = slot % PAGE;
  for (var i = thread; i < elements; i += THREADS) {
    let head = first_head + i / HEAD_ELEMENTS;
    let element = i % HEAD_ELEMENTS;
    let local_head = i / HEAD_ELEMENTS;
    let dim = element * 4u;
    if (head >= params.heads + params.kv_heads) {
      let value = vec4(row[i * 4u], row[i * 4u + 1u], row[i * 4u + 2u], row[i * 4u + 3u]);
      let kv_head = head - params.heads - params.kv_heads;
      put_value(i, value_at(page, params.kv_heads, kv_head, offset), element, value);
      continue;
    }
    let turned = vec4(
      rotated(local_head, dim, position),
      rotated(local_head, dim + 1u, position),
      rotated(local_head, dim + 2u, position),
      rotated(local_head, dim + 3u, position),
    );
    qkv[at + i] = turned;
    if (head >= params.heads) {
      put_key(i, key_at(page, params.kv_heads, head - params.heads, offset), element, turned);
    }
  }
  put_scaled(first_head, elements, slot, thread);
}
