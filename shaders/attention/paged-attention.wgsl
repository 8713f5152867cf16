// Causal attention over the paged KV cache, for prefill chunks and decode alike: a token at position p sees positions 0…p.
//   q: [T, qkv_stride] f32, of which the first heads * HEAD_DIM are the queries; keys, values: one layer's cache
//   (shaders/lib/kv-layout.wgsl); out: [T, heads, HEAD_DIM] f32.
// A workgroup (tile, kv head, row group) holds up to ROWS rows (token of the tile, query head of the kv head's group), so that
// each key and value is read once for all of them. It walks the sequence in steps of KEYS tokens (whole pages) with an online
// softmax in f32, in turns:
//   scores:  one thread a key, neighbouring threads on neighbouring keys; queries from workgroup memory
//   softmax: QUAD_THREADS threads for each 4 rows
//   values:  a strip of threads spans one value, 4 dimensions and 8 rows a thread; strips share out 8-row blocks, then keys
// Rows come in quads (a vec4, or the 4 columns of a matrix); quads beyond the rows in use are left out.
// Moves the tile's visible keys and values once, plus 8 bytes a query dimension.
struct Params {
  heads: u32,
  kv_heads: u32,
  qkv_stride: u32,
  scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> keys: array<KvElement>;
@group(0) @binding(4) var<storage, read> values: array<KvElement>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;

const THREADS: u32 = 64u;
const KEYS: u32 = THREADS;
const STRIPS: u32 = THREADS / HEAD_ELEMENTS;
const QUADS: u32 = ROWS / 4u;
const BLOCK_QUADS: u32 = 2u;
const QUAD_THREADS: u32 = 16u;
const LOWEST: f32 = -1e30; // far below any score; its difference to a score is finite

var<workgroup> queries: array<vec4<f32>, HEAD_ELEMENTS * ROWS>; // [element, row]; at the end partial outputs [row, element]
var<workgroup> scores: array<vec4<f32>, QUADS * KEYS>; // [quad, key]: scores, then weights
var<workgroup> partials: array<vec4<f32>, THREADS>; // [quad, QUAD_THREADS]
var<workgroup> rescale: array<vec4<f32>, QUADS>;

// Scores of the quad whose queries start at `at` against 4 dimensions of a key.
fn quad_scores(at: u32, k: vec4<f32>) -> vec4<f32> {
  return vec4(dot(queries[at], k), dot(queries[at + 1u], k), dot(queries[at + 2u], k), dot(queries[at + 3u], k));
}

fn quad_max(quad: u32) -> vec4<f32> {
  var result = partials[quad * QUAD_THREADS];
  for (var i = 1u; i < QUAD_THREADS; i++) {
    result = max(result, partials[quad * QUAD_THREADS + i]);
  }
  return result;
}

fn quad_sum(quad: u32) -> vec4<f32> {
  var result = partials[quad * QUAD_THREADS];
  for (var i = 1u; i < QUAD_THREADS; i++) {
    result += partials[quad * QUAD_THREADS + i];
  }
  return result;
}

// Outputs of a quad: a column for each row.
fn scale_rows(m: mat4x4<f32>, by: vec4<f32>) -> mat4x4<f32> {
  return mat4x4(m[0] * by.x, m[1] * by.y, m[2] * by.z, m[3] * by.w);
}

fn add_weighted(m: mat4x4<f32>, v: vec4<f32>, weight: vec4<f32>) -> mat4x4<f32> {
  return mat4x4(m[0] + weight.x * v, m[1] + weight.y * v, m[2] + weight.z * v, m[3] + weight.w * v);
}

fn put_partial(at: u32, m: mat4x4<f32>) {
  queries[at] = m[0];
  queries[at + HEAD_ELEMENTS] = m[1];
  queries[at + 2u * HEAD_ELEMENTS] = m[2];
  queries[at + 3u * HEAD_ELEMENTS] = m[3];
}

fn partial_at(at: u32) -> mat4x4<f32> {
  return mat4x4(queries[at], queries[at + HEAD_ELEMENTS], queries[at + 2u * HEAD_ELEMENTS], queries[at + 3u * HEAD_ELEMENTS]);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_at(workgroup.x);
  let kv_head = workgroup.y;
  let group = params.heads / params.kv_heads;
  let first_row = workgroup.z * ROWS;
  let rows = min(ROWS, max(tile.tokens * group, first_row) - first_row);
  let quads = (rows + 3u) / 4u;
  let first_position = token_position(tile.first_token);
  let context = select(0u, first_position + tile.tokens, rows > 0u); // keys that any row sees

  for (var i = thread; i < HEAD_ELEMENTS * ROWS; i += THREADS) {
    let row = first_row + i / HEAD_ELEMENTS;
    let element = i % HEAD_ELEMENTS;
    var query = vec4(0.0);
    if (row < first_row + rows) {
      let head = kv_head * group + row % group;
      query = q[(tile.first_token + row / group) * (params.qkv_stride / 4u) + head * HEAD_ELEMENTS + element];
    }
    queries[element * ROWS + row - first_row] = query * params.scale;
  }

  // Softmax: this thread's quad and share of its keys. All threads of a quad hold the same running maximum.
  let quad = thread / QUAD_THREADS;
  let share = thread % QUAD_THREADS;
  let last_visible = vec4(first_position) + (vec4(first_row + quad * 4u) + vec4(0u, 1u, 2u, 3u)) / group;
  var running_max = vec4(LOWEST);
  var running_sum = vec4(0.0); // of this share only

  // Values: this thread's dimensions, block of 8 rows (two quads), and split of the keys.
  let element = thread % HEAD_ELEMENTS;
  let strip = thread / HEAD_ELEMENTS;
  let blocks = max(1u, (quads + BLOCK_QUADS - 1u) / BLOCK_QUADS);
  let splits = STRIPS / blocks;
  let split = strip / blocks;
  let low = (strip % blocks) * BLOCK_QUADS;
  let high_used = low + 1u < quads;
  let high = select(low, low + 1u, high_used);
  var out_low = mat4x4<f32>();
  var out_high = mat4x4<f32>();

  for (var first_key = 0u; first_key < context; first_key += KEYS) {
    workgroupBarrier(); // the queries are there; the weights of the last step have been used

    // Scores. A thread beyond the context repeats its last key: nobody looks at the result.
    let key = min(first_key + thread, context - 1u);
    let key_start = key_at(page_at(tile.sequence, key / PAGE), params.kv_heads, kv_head, key % PAGE);
    var s0 = vec4(0.0);
    var s1 = vec4(0.0);
    var s2 = vec4(0.0);
    var s3 = vec4(0.0);
    for (var e = 0u; e < HEAD_ELEMENTS; e++) {
      let k = kv_unpack(keys[key_start + e * PAGE]);
      s0 += quad_scores(e * ROWS, k);
      if (quads > 1u) {
        s1 += quad_scores(e * ROWS + 4u, k);
      }
      if (QUADS > 2u && quads > 2u) {
        s2 += quad_scores(e * ROWS + 8u, k);
        s3 += quad_scores(e * ROWS + 12u, k);
      }
    }
    scores[thread] = s0;
    scores[KEYS + thread] = s1;
    if (QUADS > 2u) {
      scores[2u * KEYS + thread] = s2;
      scores[3u * KEYS + thread] = s3;
    }
    workgroupBarrier();

    // Softmax: maximum, then weights, their sum, and the factor for what was summed before.
    var largest = vec4(LOWEST);
    if (quad < quads) {
      for (var i = share; i < KEYS; i += QUAD_THREADS) {
        largest = max(largest, select(vec4(LOWEST), scores[quad * KEYS + i], vec4(first_key + i) <= last_visible));
      }
    }
    partials[thread] = largest;
    workgroupBarrier();
    if (quad < quads) {
      let new_max = max(running_max, quad_max(quad));
      let factor = exp(running_max - new_max);
      running_max = new_max;
      running_sum *= factor;
      for (var i = share; i < KEYS; i += QUAD_THREADS) {
        let weight = exp(min(scores[quad * KEYS + i] - new_max, vec4(0.0)));
        let visible = select(vec4(0.0), weight, vec4(first_key + i) <= last_visible);
        scores[quad * KEYS + i] = visible;
        running_sum += visible;
      }
      if (share == 0u) {
        rescale[quad] = factor;
      }
    }
    workgroupBarrier();

    // Values. Threads beyond the strips, and strips that do not divide evenly, have no split to work on.
    if (split < splits) {
      out_low = scale_rows(out_low, rescale[low]);
      out_high = scale_rows(out_high, rescale[high]);
      let end = min(KEYS, context - first_key);
      for (var page_start = 0u; page_start < end; page_start += PAGE) {
        let page = page_at(tile.sequence, (first_key + page_start) / PAGE);
        let value_start = value_at(page, params.kv_heads, kv_head, 0u) + element;
        for (var i = split; i < min(PAGE, end - page_start); i += splits) {
          let v = kv_unpack(values[value_start + i * HEAD_ELEMENTS]);
          out_low = add_weighted(out_low, v, scores[low * KEYS + page_start + i]);
          if (high_used) {
            out_high = add_weighted(out_high, v, scores[high * KEYS + page_start + i]);
          }
        }
      }
    }
  }

  partials[thread] = running_sum;
  workgroupBarrier();
  // The first split adds the others up, one at a time: they share the room of the queries.
  let at = low * 4u * HEAD_ELEMENTS + element;
  let at_high = at + 4u * HEAD_ELEMENTS;
  for (var other = 1u; other < splits; other++) {
    if (split == other) {
      put_partial(at, out_low);
      put_partial(at_high, out_high);
    }
    workgroupBarrier();
    if (split == 0u) {
      out_low += partial_at(at);
      out_high += partial_at(at_high);
    }
    workgroupBarrier();
  }
  if (split == 0u && rows > 0u) {
    put_partial(at, scale_rows(out_low, 1.0 / quad_sum(low)));
    put_partial(at_high, scale_rows(out_high, 1.0 / quad_sum(high)));
    for (var i = low * 4u; i < min(rows, (low + BLOCK_QUADS) * 4u); i++) {
      let row = first_row + i;
      let head = kv_head * group + row % group;
      let to = ((tile.first_token + row / group) * params.heads + head) * HEAD_ELEMENTS + element;
      out[to] = queries[i * HEAD_ELEMENTS + element];
    }
  }
}
