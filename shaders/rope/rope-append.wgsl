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

var<workgroup> raw: array<f32, WORKGROUP_HEADS * HEAD_DIM>;
var<workgroup> done: array<vec4<f32>, WORKGROUP_ELEMENTS>; // what goes into a cache with scales

fn raw_element(head: u32, element: u32) -> vec4<f32> {
  let at = head * HEAD_DIM + element * 4u;
  return vec4(raw[at], raw[at + 1u], raw[at + 2u], raw[at + 3u]);
}

fn raw_dim(head: u32, dim: u32) -> f32 {
  return raw[head * HEAD_DIM + dim];
}

fn kept(at: u32) -> vec4<f32> {
  return done[at];
}

// Appends element `i` of this workgroup, where it is one of a key or value.
fn append(first_head: u32, i: u32, slot: u32, value: vec4<f32>) {
  let head = first_head + i / HEAD_ELEMENTS;
  let element = i % HEAD_ELEMENTS;
  let page = slot / PAGE;
  let offset = slot % PAGE;
  if (head >= params.heads + params.kv_heads) {
    let kv_head = head - params.heads - params.kv_heads;
    store_value(i - element, value_at(page, params.kv_heads, kv_head, offset), element, value);
  } else if (head >= params.heads) {
    store_key(i - element, key_at(page, params.kv_heads, head - params.heads, offset), element, value);
  }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let token = workgroup.y;
  let rotating_heads = params.heads + params.kv_heads;
  let first_head = workgroup.x * WORKGROUP_HEADS;
  let at = token * (params.stride / 4u) + first_head * HEAD_ELEMENTS;
  let elements = min(WORKGROUP_ELEMENTS, (rotating_heads + params.kv_heads - first_head) * HEAD_ELEMENTS);
  for (var i = thread; i < elements; i += THREADS) {
    let value = qkv[at + i];
    raw[i * 4u] = value.x;
    raw[i * 4u + 1u] = value.y;
    raw[i * 4u + 2u] = value.z;
    raw[i * 4u + 3u] = value.w;
  }
  workgroupBarrier();
  qk_prepare(max(params.heads, first_head) - first_head, thread);

  let position = token_position(token);
  let slot = token_slot(token);
  for (var i = thread; i < elements; i += THREADS) {
    let element = i % HEAD_ELEMENTS;
    let head = i / HEAD_ELEMENTS;
    var value: vec4<f32>;
    if (first_head + head < rotating_heads) {
      value = turned(head, element, turns_at(element, position));
      qkv[at + i] = value;
    } else {
      value = raw_element(head, element);
    }
    if (KV_SCALES == 0u) {
      append(first_head, i, slot, value);
    } else {
      done[i] = value;
    }
  }
  if (KV_SCALES > 0u) {
    workgroupBarrier(); // a scale needs all elements of its group
    for (var i = thread; i < elements; i += THREADS) {
      append(first_head, i, slot, done[i]);
    }
  }
}
