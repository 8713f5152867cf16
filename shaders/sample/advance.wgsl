// Makes the batch of the next decode step on the GPU: each sequence's token becomes the one that was just picked, one position on.
//   batch: shaders/lib/batch.wgsl, here written; of each sequence exactly one token, which is also an output
//   rows: shaders/lib/sampling-rows.wgsl (history and flags updated); picks: [R] of (id, …); stops: a count, then ids that end an answer
// A sequence that has ended stays where it is and its recurrent state with it: its part counts no tokens from then on.
// One thread a sequence; moves some words each.
@group(0) @binding(0) var<storage, read_write> batch: array<u32>;
@group(0) @binding(1) var<storage, read_write> rows: array<u32>;
@group(0) @binding(2) var<storage, read> picks: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> stops: array<u32>;

// As in shaders/lib/batch.wgsl.
const HEADER_OUTPUTS: u32 = 1u;
const HEADER_PAGES_PER_SEQUENCE: u32 = 3u;
const HEADER_TOKENS_AT: u32 = 4u;
const HEADER_PAGES_AT: u32 = 7u;
const HEADER_PARTS_AT: u32 = 9u;
const THREADS: u32 = 32u;

fn stops_at(id: u32) -> bool {
  for (var i = 0u; i < stops[0]; i++) {
    if (stops[i + 1u] == id) {
      return true;
    }
  }
  return false;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
  let row = invocation.x;
  if (row >= batch[HEADER_OUTPUTS] || row_has(row, FLAG_DONE)) {
    return;
  }
  let id = picks[row].x;
  let count = row_word(row, ROW_HISTORY_COUNT);
  rows[row * ROW_WORDS + ROW_HISTORY_AT + count % HISTORY] = id;
  rows[row * ROW_WORDS + ROW_HISTORY_COUNT] = count + 1u;
  let part = batch[HEADER_PARTS_AT] + row * 4u;
  batch[part + 3u] = 0u; // no longer at its start
  if (stops_at(id)) {
    rows[row * ROW_WORDS + ROW_FLAGS] |= FLAG_DONE;
    batch[part + 1u] = 0u;
    return;
  }
  let token = batch[HEADER_TOKENS_AT] + row * 3u;
  let position = batch[token + 1u] + 1u;
  let page = batch[batch[HEADER_PAGES_AT] + row * batch[HEADER_PAGES_PER_SEQUENCE] + position / PAGE];
  batch[token] = id;
  batch[token + 1u] = position;
  batch[token + 2u] = page * PAGE + position % PAGE;
}
