// Causal attention over the paged KV cache, for prefill chunks and decode alike: a token at position p sees the last `window`
// positions up to p.
//   q: [T, qkv_stride] f32, of which the first heads * HEAD_DIM are the queries: rotated, or raw and to be rotated with the token's own key
//   (queries-rotated.wgsl, queries-raw.wgsl); keys, values: one layer's cache (shaders/lib/kv-layout.wgsl); out: [T, heads, HEAD_DIM] f32.
//   partials: [splits, T, heads, HEAD_ELEMENTS + 1], written instead of `out` where the grid has several splits: sums of weighted values,
//   then (maximum, sum of weights, splits with keys, 0); shaders/attention/merge-splits.wgsl makes `out` of them.
// A workgroup (tile, kv head, row group and split) holds up to ROWS rows (token of the tile, query head of the kv head's group), so that
// each key and value is read once for all of them. It walks its split of the sequence in steps of KEYS tokens (whole pages) with an
// online softmax in f32, in turns:
//   scores: a thread takes SCORE_KEYS keys and a quad of rows; neighbouring threads take neighbouring keys
//   softmax: threads find the maximum of what they hold, LANES of a quad put these together, and each makes weights of its own scores
//   values: a strip of threads spans one value, 4 dimensions and VALUE_QUADS (1 or 2) quads a thread; strips share out blocks of quads, then keys
// Rows come in quads (a vec4, or the 4 columns of a matrix); quads beyond the rows in use are left out of the scores.
// Keys and values are fetched several at once: a step's time is that of two waits for memory, not of many.
// Moves the tile's visible keys and values once, plus 8 bytes a query dimension.
struct Params {
  heads: u32,
  kv_heads: u32,
  qkv_stride: u32,
  scale: f32,
  window: u32, // positions that a token sees, itself included; at most 2^31
  softcap: f32, // scores are bent into ± this, where the kernel does that
  row_groups: u32, // workgroups that share the rows of a tile
  rope_dim: u32, // as in rope-append.wgsl, where queries are raw
  eps: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> partials: array<vec4<f32>>;

const QUADS: u32 = ROWS / 4u;
const STEP_PAGES: u32 = KEYS / PAGE;
const KEY_LANES: u32 = KEYS / SCORE_KEYS; // threads that share the keys of a quad
const LANES: u32 = 8u;
const STRIPS: u32 = THREADS / HEAD_ELEMENTS;
const BLOCKS: u32 = QUADS / VALUE_QUADS;
const SHARES: u32 = STRIPS / BLOCKS; // strips that share the keys of a block; strips that do not divide evenly idle
const HAS_HIGH: bool = VALUE_QUADS == 2u;
const EVEN: bool = KEYS % (SHARES * VALUE_BATCH) == 0u;
const LOWEST: f32 = -1e30; // far below any score; its difference to a score is finite

var<workgroup> queries: array<vec4<f32>, HEAD_ELEMENTS * ROWS>; // [element, row], scaled
var<workgroup> step_pages: array<u32, 2u * STEP_PAGES>; // of even and of odd steps
var<workgroup> weights: array<vec4<f32>, max(QUADS * KEYS, STRIPS * 4u * HEAD_ELEMENTS)>; // [quad, key]; at the end outputs of strips
var<workgroup> found: array<vec4<f32>, QUADS * KEY_LANES>; // [quad, lane]: maxima, at the end sums
var<workgroup> lane_found: array<vec4<f32>, QUADS * LANES>;
var<workgroup> rescale: array<vec4<f32>, QUADS>;
var<workgroup> maxima: array<vec4<f32>, QUADS>;

// Rows of this workgroup: `first` is a row of the tile, and a row is (token, query head) with the head varying fastest.
struct Rows {
  tile: Tile,
  kv_head: u32,
  group: u32,
  first: u32,
  count: u32,
}

// The part of a sequence that a workgroup walks, of as many as the grid has; only the first `used` have keys.
struct Split {
  index: u32,
  splits: u32,
  used: u32,
}

// What a token adds whose own key and value are not in the cache, in the workgroup that walks the newest positions: where these start.
struct Own {
  score: vec4<f32>, // the running maximum of a quad
  weight: f32, // this thread's running sum
  value: vec4<f32>, // this thread's output of each row
}

fn token_of(rows: Rows, row: u32) -> u32 {
  return rows.tile.first_token + (rows.first + row) / rows.group;
}

fn head_of(rows: Rows, row: u32) -> u32 {
  return rows.kv_head * rows.group + (rows.first + row) % rows.group;
}

// Queries of a quad, one a column: k * queries_at(...) are its scores against 4 dimensions of a key.
fn queries_at(quad: u32, element: u32) -> mat4x4<f32> {
  let at = element * ROWS + quad * 4u;
  return mat4x4(queries[at], queries[at + 1u], queries[at + 2u], queries[at + 3u]);
}

// Whether each row of a quad sees a key of the cache, by the last position that it sees.
fn is_visible(key: u32, last: vec4<u32>) -> vec4<bool> {
  return (vec4(key + UNCACHED) <= last) & (vec4(key + params.window) > last);
}

// Outputs of a quad: a column for each row.
fn scale_rows(m: mat4x4<f32>, by: vec4<f32>) -> mat4x4<f32> {
  return mat4x4(m[0] * by.x, m[1] * by.y, m[2] * by.z, m[3] * by.w);
}

fn add_weighted(m: mat4x4<f32>, v: vec4<f32>, weight: vec4<f32>) -> mat4x4<f32> {
  return mat4x4(m[0] + weight.x * v, m[1] + weight.y * v, m[2] + weight.z * v, m[3] + weight.w * v);
}

fn lanes_max(quad: u32) -> vec4<f32> {
  var result = lane_found[quad * LANES];
  for (var i = 1u; i < LANES; i++) {
    result = max(result, lane_found[quad * LANES + i]);
  }
  return result;
}

// What all threads summed for a row.
fn total_of(row: u32) -> f32 {
  var result = 0.0;
  for (var i = 0u; i < LANES; i++) {
    result += lane_found[row / 4u * LANES + i][row % 4u];
  }
  return result;
}

// A strip's outputs of a quad, where all strips' are put together.
fn put_outputs(strip: u32, element: u32, m: mat4x4<f32>) {
  let at = strip * 4u * HEAD_ELEMENTS + element;
  weights[at] = m[0];
  weights[at + HEAD_ELEMENTS] = m[1];
  weights[at + 2u * HEAD_ELEMENTS] = m[2];
  weights[at + 3u * HEAD_ELEMENTS] = m[3];
}

fn partial_start(rows: Rows, row: u32, split: u32) -> u32 {
  let token = split * token_count() + token_of(rows, row);
  return (token * params.heads + head_of(rows, row)) * (HEAD_ELEMENTS + 1u);
}

// Puts together and stores the outputs of one quad of each block: its first, or the one `next` to it.
fn store_outputs(rows: Rows, thread: u32, next: u32, split: Split) {
  for (var i = thread; i < BLOCKS * 4u * HEAD_ELEMENTS; i += THREADS) {
    let element = i % HEAD_ELEMENTS;
    let block = i / HEAD_ELEMENTS / 4u;
    let in_quad = i / HEAD_ELEMENTS % 4u;
    let row = (block * VALUE_QUADS + next) * 4u + in_quad;
    if (row < rows.count) {
      var sum = vec4(0.0);
      for (var share = 0u; share < SHARES; share++) {
        sum += weights[((share * BLOCKS + block) * 4u + in_quad) * HEAD_ELEMENTS + element];
      }
      let total = total_of(row);
      if (split.splits == 1u) {
        out[(token_of(rows, row) * params.heads + head_of(rows, row)) * HEAD_ELEMENTS + element] = sum / total;
      } else {
        let start = partial_start(rows, row, split.index);
        partials[start + element] = sum;
        if (element == 0u) {
          partials[start + HEAD_ELEMENTS] = vec4(maxima[row / 4u][row % 4u], total, f32(split.used), 0.0);
        }
      }
    }
  }
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let tile = tile_at(workgroup.x);
  let group = params.heads / params.kv_heads;
  let splits = workgroups.z / params.row_groups;
  let split = workgroup.z / params.row_groups;
  let first_row = workgroup.z % params.row_groups * ROWS;
  let rows = Rows(tile, workgroup.y, group, first_row, min(ROWS, max(tile.tokens * group, first_row) - first_row));
  if (rows.count == 0u) {
    return;
  }
  let first_position = token_position(tile.first_token);
  let context = first_position + tile.tokens - UNCACHED; // keys of the cache that any row sees
  let last_key = max(context, 1u) - 1u;

  // Steps before the window of the first token hold nothing that any row sees; splits have the others in equal parts.
  let first_seen = (max(first_position + 1u, params.window) - params.window) / KEYS;
  let steps_end = max((context + KEYS - 1u) / KEYS, first_seen);
  let steps = max((steps_end - first_seen + splits - 1u) / splits, 1u);
  let used = max((steps_end - first_seen + steps - 1u) / steps, 1u);
  if (split >= used) {
    return; // there are more splits than steps
  }
  let first_step = first_seen + split * steps;
  let end_step = min(first_step + steps, steps_end);

  // Rows beyond the last repeat it.
  let own = prepare(rows, thread, split + 1u == used);

  // Scores and softmax: this thread's quad and keys. All threads of a quad hold the same running maximum.
  let lane = thread % KEY_LANES;
  let quad = thread / KEY_LANES;
  let has_rows = quad * 4u < rows.count;
  let last_visible = vec4(first_position) + (vec4(first_row + quad * 4u) + vec4(0u, 1u, 2u, 3u)) / group;
  var running_max = own.score;
  var running_sum = vec4(own.weight); // of this thread only

  // Values: this thread's dimensions, quads, and share of the keys.
  let element = thread % HEAD_ELEMENTS;
  let strip = thread / HEAD_ELEMENTS;
  let share = strip / BLOCKS;
  let value_quad = strip % BLOCKS * VALUE_QUADS;
  var low = mat4x4(own.value, own.value, own.value, own.value);
  var high = mat4x4<f32>();

  for (var step = first_step; step < end_step; step++) {
    let first_key = step * KEYS;
    let pages_at = step % 2u * STEP_PAGES;
    if (thread < STEP_PAGES) {
      step_pages[pages_at + thread] = page_at(tile.sequence, min(first_key + thread * PAGE, last_key) / PAGE);
    }
    workgroupBarrier(); // also: the weights of the last step have been used

    // Scores. Positions beyond the context repeat its last key: nobody looks at the result.
    var scores = array<vec4<f32>, SCORE_KEYS>(); // said to be zero: Tint leaves a variable in a loop what it was
    if (has_rows) {
      var starts: array<u32, SCORE_KEYS>;
      for (var j = 0u; j < SCORE_KEYS; j++) {
        let key = min(first_key + j * KEY_LANES + lane, last_key);
        starts[j] = key_at(step_pages[pages_at + (key - first_key) / PAGE], params.kv_heads, rows.kv_head, key % PAGE);
      }
      for (var e = 0u; e < HEAD_ELEMENTS; e += KEY_BATCH) {
        var fetched: array<KvFetched, SCORE_KEYS * KEY_BATCH>;
        for (var b = 0u; b < KEY_BATCH; b++) {
          for (var j = 0u; j < SCORE_KEYS; j++) {
            fetched[b * SCORE_KEYS + j] = fetch_key(starts[j], e + b);
          }
        }
        for (var b = 0u; b < KEY_BATCH; b++) {
          let query = queries_at(quad, e + b);
          for (var j = 0u; j < SCORE_KEYS; j++) {
            scores[j] += kv_unpack(fetched[b * SCORE_KEYS + j], e + b) * query;
          }
        }
      }
    }

    // Softmax: maximum, then weights, their sum, and the factor for what was summed before.
    var largest = vec4(LOWEST);
    for (var j = 0u; j < SCORE_KEYS; j++) {
      scores[j] = capped(scores[j]);
      let seen = is_visible(first_key + j * KEY_LANES + lane, last_visible);
      largest = max(largest, select(vec4(LOWEST), scores[j], seen));
    }
    found[thread] = largest;
    workgroupBarrier();
    if (thread < QUADS * LANES) {
      let at = thread / LANES * KEY_LANES;
      var lane_max = vec4(LOWEST);
      for (var i = thread % LANES; i < KEY_LANES; i += LANES) {
        lane_max = max(lane_max, found[at + i]);
      }
      lane_found[thread] = lane_max;
    }
    workgroupBarrier();
    let new_max = max(running_max, lanes_max(quad));
    let factor = exp(running_max - new_max);
    running_max = new_max;
    running_sum *= factor;
    for (var j = 0u; j < SCORE_KEYS; j++) {
      // A visible score that is NaN stays it: only those that nobody sees are bounded.
      let key = j * KEY_LANES + lane;
      let seen = is_visible(first_key + key, last_visible);
      let weight = select(vec4(0.0), exp(select(vec4(LOWEST), scores[j], seen) - new_max), seen);
      weights[quad * KEYS + key] = weight;
      running_sum += weight;
    }
    if (lane == 0u) {
      rescale[quad] = factor;
    }
    workgroupBarrier();

    // Values. Beyond the context its last value is repeated, with a weight of zero.
    if (share < SHARES) {
      low = scale_rows(low, rescale[value_quad]);
      if (HAS_HIGH) {
        high = scale_rows(high, rescale[value_quad + 1u]);
      }
      let end = min(KEYS, context - first_key);
      for (var i = 0u; i * SHARES < end; i += VALUE_BATCH) {
        var fetched: array<KvFetched, VALUE_BATCH>;
        for (var b = 0u; b < VALUE_BATCH; b++) {
          let key = min(first_key + (i + b) * SHARES + share, last_key);
          let start = value_at(step_pages[pages_at + (key - first_key) / PAGE], params.kv_heads, rows.kv_head, key % PAGE);
          fetched[b] = fetch_value(start, element);
        }
        for (var b = 0u; b < VALUE_BATCH; b++) {
          let key = (i + b) * SHARES + share;
          if (EVEN || key < KEYS) {
            let value = kv_unpack(fetched[b], element);
            low = add_weighted(low, value, weights[value_quad * KEYS + key]);
            if (HAS_HIGH) {
              high = add_weighted(high, value, weights[(value_quad + 1u) * KEYS + key]);
            }
          }
        }
      }
    }
  }

  // What threads, then strips have summed is put together, the strips' a quad of each block at a time.
  found[thread] = running_sum;
  if (lane == 0u) {
    maxima[quad] = running_max;
  }
  workgroupBarrier();
  if (thread < QUADS * LANES) {
    let at = thread / LANES * KEY_LANES;
    var sum = vec4(0.0);
    for (var i = thread % LANES; i < KEY_LANES; i += LANES) {
      sum += found[at + i];
    }
    lane_found[thread] = sum;
  }
  if (share < SHARES) {
    put_outputs(strip, element, low);
  }
  workgroupBarrier();
  let place = Split(split, splits, used);
  store_outputs(rows, thread, 0u, place);
  if (HAS_HIGH) {
    workgroupBarrier(); // the next quads use the same memory
    if (share < SHARES) {
      put_outputs(strip, element, high);
    }
    workgroupBarrier();
    store_outputs(rows, thread, 1u, place);
  }
}
