// The attention of paged-attention.wgsl for adapters that run on the CPU, where what fetches several elements at once takes seconds to
// compile and local arrays cost more than they save: a token at position p sees the last `window` positions up to p.
//   q: [T, qkv_stride] f32, of which the first heads * HEAD_DIM are the queries; keys, values: one layer's cache
//   (shaders/lib/kv-layout.wgsl); out: [T, heads, HEAD_DIM] f32.
// A workgroup (tile, kv head, row group) holds up to ROWS rows (token of the tile, query head of the kv head's group), so that
// each key and value is read once for all of them. It walks the sequence in steps of KEYS tokens (whole pages) with an online
// softmax in f32, in turns:
//   scores:  a thread takes one key and 4 rows, or, with more rows, 4 keys and 4 rows; neighbouring threads take neighbouring keys
//   softmax: QUAD_THREADS threads share 4 rows
//   values:  a strip of threads spans one value, 4 dimensions and 8 rows a thread; strips share out 8-row blocks, then keys
// Rows come in quads (a vec4, or the 4 columns of a matrix); quads beyond the rows in use are left out.
// Moves the tile's visible keys and values once, plus 8 bytes a query dimension.
struct Params {
  heads: u32,
  kv_heads: u32,
  qkv_stride: u32,
  scale: f32,
  window: u32, // positions that a token sees, itself included; at most 2^31
  softcap: f32, // scores are bent into ± this, where the kernel does that
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
const KEY_LANES: u32 = KEYS / 4u;
const QUAD_THREADS: u32 = 8u;
const LOWEST: f32 = -1e30; // far below any score; its difference to a score is finite

var<workgroup> scores: array<vec4<f32>, QUADS * KEYS>; // [quad, key]: scores, then weights; at the end partial outputs
var<workgroup> partials: array<vec4<f32>, THREADS>; // [quad, QUAD_THREADS]
var<workgroup> rescale: array<vec4<f32>, QUADS>;

// Rows of this workgroup: `first` is a row of the tile, and a row is (token, query head) with the head varying fastest.
struct Rows {
  tile: Tile,
  kv_head: u32,
  group: u32,
  first: u32,
  count: u32,
}

// Elements before the head of a row where a token has `stride` of them.
fn head_start(rows: Rows, row: u32, stride: u32) -> u32 {
  let tile_row = rows.first + row;
  let head = rows.kv_head * rows.group + tile_row % rows.group;
  return (rows.tile.first_token + tile_row / rows.group) * stride + head * HEAD_ELEMENTS;
}

// Where the queries of a quad start; rows beyond the last repeat it.
fn query_starts(rows: Rows, quad: u32) -> vec4<u32> {
  let row = min(vec4(quad * 4u) + vec4(0u, 1u, 2u, 3u), vec4(rows.count - 1u));
  let stride = params.qkv_stride / 4u;
  return vec4(
    head_start(rows, row.x, stride),
    head_start(rows, row.y, stride),
    head_start(rows, row.z, stride),
    head_start(rows, row.w, stride),
  );
}

// Queries of a quad, one a column: k * queries_at(...) are its scores against 4 dimensions of a key.
fn queries_at(starts: vec4<u32>, element: u32) -> mat4x4<f32> {
  return mat4x4(q[starts.x + element], q[starts.y + element], q[starts.z + element], q[starts.w + element]);
}

fn key_start(rows: Rows, position: u32) -> u32 {
  return key_at(page_at(rows.tile.sequence, position / PAGE), params.kv_heads, rows.kv_head, position % PAGE);
}

// Whether each row of a quad sees a key, by the last position that it sees.
fn is_visible(key: u32, last: vec4<u32>) -> vec4<bool> {
  return (vec4(key) <= last) & (vec4(key + params.window) > last);
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
  scores[at] = m[0];
  scores[at + HEAD_ELEMENTS] = m[1];
  scores[at + 2u * HEAD_ELEMENTS] = m[2];
  scores[at + 3u * HEAD_ELEMENTS] = m[3];
}

fn partial_at(at: u32) -> mat4x4<f32> {
  return mat4x4(scores[at], scores[at + HEAD_ELEMENTS], scores[at + 2u * HEAD_ELEMENTS], scores[at + 3u * HEAD_ELEMENTS]);
}

fn store(rows: Rows, row: u32, element: u32, value: vec4<f32>) {
  if (row < rows.count) {
    out[head_start(rows, row, params.heads * HEAD_ELEMENTS) + element] = value;
  }
}

fn store_quad(rows: Rows, quad: u32, element: u32, m: mat4x4<f32>) {
  store(rows, quad * 4u, element, m[0]);
  store(rows, quad * 4u + 1u, element, m[1]);
  store(rows, quad * 4u + 2u, element, m[2]);
  store(rows, quad * 4u + 3u, element, m[3]);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = tile_at(workgroup.x);
  let group = params.heads / params.kv_heads;
  let first_row = workgroup.z * ROWS;
  let rows = Rows(tile, workgroup.y, group, first_row, min(ROWS, max(tile.tokens * group, first_row) - first_row));
  let quads = (rows.count + 3u) / 4u;
  let first_position = token_position(tile.first_token);
  let context = select(0u, first_position + tile.tokens, rows.count > 0u); // keys that any row sees

  // Scores: with one quad a key a thread, else 4 keys of one of the quads.
  let score_quad = select(thread / KEY_LANES, 0u, quads == 1u);
  let starts = query_starts(rows, score_quad);

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

  // Steps before the window of the first token hold nothing that any row sees.
  let unseen = max(first_position + 1u, params.window) - params.window;
  for (var first_key = unseen / KEYS * KEYS; first_key < context; first_key += KEYS) {
    workgroupBarrier(); // the weights of the last step have been used

    // Scores. Positions beyond the context repeat its last key: nobody looks at the result.
    let last_key = context - 1u;
    if (quads == 1u) {
      let start = key_start(rows, min(first_key + thread, last_key));
      var score = vec4(0.0);
      for (var e = 0u; e < HEAD_ELEMENTS; e++) {
        score += kv_unpack(fetch_key(start, e), e) * queries_at(starts, e);
      }
      scores[thread] = capped(score * params.scale);
    } else if (score_quad < quads) {
      let lane = thread % KEY_LANES;
      let start0 = key_start(rows, min(first_key + lane, last_key));
      let start1 = key_start(rows, min(first_key + KEY_LANES + lane, last_key));
      let start2 = key_start(rows, min(first_key + 2u * KEY_LANES + lane, last_key));
      let start3 = key_start(rows, min(first_key + 3u * KEY_LANES + lane, last_key));
      var score0 = vec4(0.0);
      var score1 = vec4(0.0);
      var score2 = vec4(0.0);
      var score3 = vec4(0.0);
      for (var e = 0u; e < HEAD_ELEMENTS; e++) {
        let query = queries_at(starts, e);
        score0 += kv_unpack(fetch_key(start0, e), e) * query;
        score1 += kv_unpack(fetch_key(start1, e), e) * query;
        score2 += kv_unpack(fetch_key(start2, e), e) * query;
        score3 += kv_unpack(fetch_key(start3, e), e) * query;
      }
      let at = score_quad * KEYS + lane;
      scores[at] = capped(score0 * params.scale);
      scores[at + KEY_LANES] = capped(score1 * params.scale);
      scores[at + 2u * KEY_LANES] = capped(score2 * params.scale);
      scores[at + 3u * KEY_LANES] = capped(score3 * params.scale);
    }
    workgroupBarrier();

    // Softmax: maximum, then weights, their sum, and the factor for what was summed before.
    var largest = vec4(LOWEST);
    if (quad < quads) {
      for (var i = share; i < KEYS; i += QUAD_THREADS) {
        largest = max(largest, select(vec4(LOWEST), scores[quad * KEYS + i], is_visible(first_key + i, last_visible)));
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
        // A visible score that is NaN stays it: only those that nobody sees are bounded.
        let seen = is_visible(first_key + i, last_visible);
        let weight = select(vec4(0.0), exp(select(vec4(LOWEST), scores[quad * KEYS + i], seen) - new_max), seen);
        scores[quad * KEYS + i] = weight;
        running_sum += weight;
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
        let value_start = value_at(page, params.kv_heads, rows.kv_head, 0u);
        for (var i = split; i < min(PAGE, end - page_start); i += splits) {
          let v = kv_unpack(fetch_value(value_start + i * TOKEN_ELEMENTS, element), element);
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
  // The first split adds the others up, one at a time, through the room of the scores.
  // It suffices: there are splits only where blocks leave strips, so blocks * 8 * HEAD_ELEMENTS <= 4 * THREADS.
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
  if (split == 0u && rows.count > 0u) {
    store_quad(rows, low, element, scale_rows(out_low, 1.0 / quad_sum(low)));
    if (high_used) {
      store_quad(rows, high, element, scale_rows(out_high, 1.0 / quad_sum(high)));
    }
  }
}
