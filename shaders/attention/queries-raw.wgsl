// Attention's queries where each tile is one token and `q` is raw: normalizes (where the model does) and rotates the queries of the
// workgroup's rows and, where the workgroup walks the newest positions, the token's own key. What the token brings is used from workgroup
// memory; one workgroup for each kv head appends it to the cache, where nobody reads it in this dispatch.
//   q: [T, qkv_stride], of which the first (heads + 2 * kv_heads) * HEAD_DIM are queries, keys, values
//   table: [positions, rope_dim / 2] of (cos, sin)
@group(0) @binding(3) var<storage, read_write> keys: array<KvElement>;
@group(0) @binding(4) var<storage, read_write> values: array<KvElement>;
@group(0) @binding(7) var<storage, read> table: array<vec2<f32>>;

const UNCACHED: u32 = 1u;
const_assert ROWS == 4u && STRIPS >= 2u;

// What `weights` holds before the first step: ROWS raw queries and the raw key, then
const OWN_KEY: u32 = WORKGROUP_HEADS * HEAD_ELEMENTS;
const OWN_VALUE: u32 = OWN_KEY + HEAD_ELEMENTS;
const PRODUCTS: u32 = OWN_VALUE + HEAD_ELEMENTS; // of the own key with the queries

fn raw_element(head: u32, element: u32) -> vec4<f32> {
  return weights[head * HEAD_ELEMENTS + element];
}

fn raw_dim(head: u32, dim: u32) -> f32 {
  return weights[head * HEAD_ELEMENTS + dim / 4u][dim % 4u];
}

fn kept(at: u32) -> vec4<f32> {
  return weights[at];
}

fn prepare(rows: Rows, thread: u32, newest: bool) -> Own {
  let token = rows.tile.first_token;
  let element = thread % HEAD_ELEMENTS;
  let strip = thread / HEAD_ELEMENTS;
  let heads = select(0u, select(ROWS, WORKGROUP_HEADS, newest), strip < STRIPS);
  let start = token * (params.qkv_stride / 4u) + element;
  let own_key = params.heads + rows.kv_head;
  let turns = turns_at(element, token_position(token));
  var own = Own(vec4(LOWEST), 0.0, vec4(0.0));
  for (var head = strip; head < heads; head += STRIPS) {
    let found = select(head_of(rows, min(head, rows.count - 1u)), own_key, head == ROWS);
    weights[head * HEAD_ELEMENTS + element] = q[start + found * HEAD_ELEMENTS];
  }
  if (newest && strip == 0u) {
    own.value = q[start + (own_key + params.kv_heads) * HEAD_ELEMENTS];
    weights[OWN_VALUE + element] = own.value;
  }
  workgroupBarrier();
  qk_prepare(ROWS, thread);
  for (var head = strip; head < heads; head += STRIPS) {
    let value = turned(head, element, turns);
    if (head == ROWS) {
      weights[OWN_KEY + element] = value;
    } else {
      queries[element * ROWS + head] = value * params.scale;
    }
  }
  if (!newest) {
    return own;
  }
  workgroupBarrier();
  if (strip == 0u) {
    weights[PRODUCTS + element] = kept(OWN_KEY + element) * queries_at(0u, element);
  }
  if (strip == 1u && rows.first == 0u) {
    append(token_slot(token), rows.kv_head, element);
  }
  workgroupBarrier();
  var score = vec4(0.0);
  for (var e = 0u; e < HEAD_ELEMENTS; e++) {
    score += weights[PRODUCTS + e];
  }
  own.score = capped(score);
  own.weight = select(0.0, 1.0, thread == 0u);
  return own;
}

fn append(slot: u32, kv_head: u32, element: u32) {
  let key_start = key_at(slot / PAGE, params.kv_heads, kv_head, slot % PAGE);
  let value_start = value_at(slot / PAGE, params.kv_heads, kv_head, slot % PAGE);
  store_key(OWN_KEY, key_start, element, kept(OWN_KEY + element));
  store_value(OWN_VALUE, value_start, element, kept(OWN_VALUE + element));
}
