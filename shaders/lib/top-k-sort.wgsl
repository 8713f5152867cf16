// The largest KEPT of CHUNK candidates, by bitonic sort in workgroup memory. A candidate is (value, id); the larger value
// comes first, of equal values the smaller id.
const CHUNK: u32 = 1024u;
const KEPT: u32 = 128u;
override THREADS: u32 = 256u;
const LOWEST: f32 = -3.4028234e38;

var<workgroup> chunk_values: array<f32, CHUNK>;
var<workgroup> chunk_ids: array<u32, CHUNK>;

fn comes_first(a: u32, b: u32) -> bool {
  return chunk_values[a] > chunk_values[b] || (chunk_values[a] == chunk_values[b] && chunk_ids[a] < chunk_ids[b]);
}

// Sorts the chunk; every thread of the workgroup calls it after writing its share of the chunk.
fn sort_chunk(thread: u32) {
  for (var size = 2u; size <= CHUNK; size *= 2u) {
    for (var stride = size / 2u; stride > 0u; stride /= 2u) {
      workgroupBarrier();
      for (var i = thread; i < CHUNK / 2u; i += THREADS) {
        let low = 2u * i - (i & (stride - 1u));
        let high = low + stride;
        let descending = (low & size) == 0u;
        if (comes_first(high, low) == descending) {
          let value = chunk_values[low];
          let id = chunk_ids[low];
          chunk_values[low] = chunk_values[high];
          chunk_ids[low] = chunk_ids[high];
          chunk_values[high] = value;
          chunk_ids[high] = id;
        }
      }
    }
  }
  workgroupBarrier();
}

// Candidate i of the chunk; what lies outside the input counts as least.
fn set_candidate(i: u32, inside: bool, value: f32, id: u32) {
  chunk_values[i] = select(LOWEST, value, inside);
  chunk_ids[i] = select(0xffffffffu, id, inside);
}

// Writes the best of the sorted chunk, from `at` on.
fn keep_best(at: u32, thread: u32) {
  for (var i = thread; i < KEPT; i += THREADS) {
    candidates[at + i] = vec2(bitcast<u32>(chunk_values[i]), chunk_ids[i]);
  }
}
