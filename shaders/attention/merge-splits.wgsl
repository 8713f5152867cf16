// Puts together what attention found in several splits of a sequence (shaders/attention/paged-attention.wgsl).
//   partials: [splits, T, heads, HEAD_ELEMENTS + 1]: sums of weighted values, then (maximum, sum of weights, splits with keys, 0);
//   out: [T, heads, HEAD_DIM] f32
// A workgroup (query head, token). Strips of HEAD_ELEMENTS threads share out the splits, SPLIT_BATCH on their way at once, and one strip
// puts together what all have. Moves 4 bytes a dimension and split.
struct Params {
  heads: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> partials: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4<f32>>;

const STRIPS: u32 = THREADS / HEAD_ELEMENTS;
const SPLIT_BATCH: u32 = 4u;
const LOWEST: f32 = -1e30;

// Of some splits: the maximum, the sum of weights, and the sum of weighted values, both relative to the maximum.
struct Found {
  largest: f32,
  total: f32,
  value: vec4<f32>,
}

var<workgroup> strips: array<Found, STRIPS * HEAD_ELEMENTS>;

fn merged(a: Found, b: Found) -> Found {
  let largest = max(a.largest, b.largest);
  let factors = exp(vec2(a.largest, b.largest) - largest);
  return Found(largest, a.total * factors.x + b.total * factors.y, a.value * factors.x + b.value * factors.y);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let element = thread % HEAD_ELEMENTS;
  let strip = thread / HEAD_ELEMENTS;
  let row = workgroup.y * params.heads + workgroup.x;
  let stride = token_count() * params.heads * (HEAD_ELEMENTS + 1u);
  let first = row * (HEAD_ELEMENTS + 1u);
  let splits = u32(partials[first + HEAD_ELEMENTS].z);
  var mine = Found(LOWEST, 0.0, vec4(0.0));
  if (strip < STRIPS) {
    for (var split = strip; split < splits; split += STRIPS * SPLIT_BATCH) {
      var found: array<Found, SPLIT_BATCH>;
      for (var b = 0u; b < SPLIT_BATCH; b++) {
        let at = first + min(split + b * STRIPS, splits - 1u) * stride;
        let summary = partials[at + HEAD_ELEMENTS];
        found[b] = Found(summary.x, summary.y, partials[at + element]);
      }
      for (var b = 0u; b < SPLIT_BATCH; b++) {
        if (split + b * STRIPS < splits) {
          mine = merged(mine, found[b]);
        }
      }
    }
    strips[thread] = mine;
  }
  workgroupBarrier();
  if (strip == 0u) {
    for (var other = 1u; other < STRIPS; other++) {
      mine = merged(mine, strips[other * HEAD_ELEMENTS + element]);
    }
    out[row * HEAD_ELEMENTS + element] = mine.value / mine.total;
  }
}
