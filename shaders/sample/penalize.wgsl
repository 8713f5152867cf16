// Repetition, presence and frequency penalties from each row's last tokens, in place, by llama.cpp's rule:
//   l' = (l > 0 ? l / repetition : l * repetition) - occurrences * frequency - presence, for every token of the history once.
//   rows: shaders/lib/sampling-rows.wgsl; logits: [R, vocab] f32
// One workgroup a row, one thread a token of its history: the first occurrence of a token does the work.
struct Params {
  vocab: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;

@compute @workgroup_size(HISTORY)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = workgroup.x;
  let count = min(row_word(row, ROW_HISTORY_COUNT), HISTORY);
  if (thread >= count || !row_has(row, FLAG_PENALIZES)) {
    return;
  }
  let id = row_word(row, ROW_HISTORY_AT + thread);
  var occurrences = 0u;
  for (var i = 0u; i < count; i++) {
    if (row_word(row, ROW_HISTORY_AT + i) == id) {
      if (i < thread) {
        return;
      }
      occurrences++;
    }
  }
  if (id >= params.vocab) {
    return;
  }
  let at = row * params.vocab + id;
  let logit = logits[at];
  let repetition = row_float(row, ROW_REPETITION);
  let repeated = select(logit * repetition, logit / repetition, logit > 0.0);
  logits[at] = repeated - f32(occurrences) * row_float(row, ROW_FREQUENCY) - row_float(row, ROW_PRESENCE);
}
