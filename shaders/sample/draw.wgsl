// Draws the token of each row that is sampled at a temperature, as llama.cpp's default chain does: top-k, top-p, min-p, temperature.
//   rows: shaders/lib/sampling-rows.wgsl; candidates: [R, CANDIDATES] of (logit, id), the best first;
//   picks: [R] of (id, logit, whether any is not finite, 0), the id replaced.
// The random number is a hash of the row's seed and the token's position: a replay draws the same.
// One workgroup a row: all threads compute exponentials, one adds them up in order.
@group(0) @binding(0) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> candidates: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> picks: array<vec4<u32>>;

const CANDIDATES: u32 = 128u;
const THREADS: u32 = 32u;
const NONE: u32 = 0xffffffffu; // the id of a candidate beyond the vocabulary

var<workgroup> weights: array<f32, CANDIDATES>; // relative to the best, at temperature 1
var<workgroup> scaled: array<f32, CANDIDATES>; // at the row's temperature

// A number in [0, 1). (PCG output function.)
fn uniform_at(seed: u32, position: u32) -> f32 {
  var state = (seed ^ ((position + 1u) * 0x9e3779b1u)) * 747796405u + 2891336453u;
  for (var round = 0u; round < 2u; round++) {
    let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    state = (word >> 22u) ^ word;
  }
  return f32(state >> 8u) * 0x1p-24;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = workgroup.x;
  let best = bitcast<f32>(candidates[row * CANDIDATES].x);
  let inverse_temperature = row_float(row, ROW_INVERSE_TEMPERATURE);
  for (var i = thread; i < CANDIDATES; i += THREADS) {
    let candidate = candidates[row * CANDIDATES + i];
    let below = bitcast<f32>(candidate.x) - best;
    weights[i] = select(exp(below), 0.0, candidate.y == NONE);
    scaled[i] = select(exp(below * inverse_temperature), 0.0, candidate.y == NONE);
  }
  workgroupBarrier();
  if (thread != 0u || !row_has(row, FLAG_DRAWS) || picks[row].z != 0u) {
    return;
  }
  var kept = min(row_word(row, ROW_TOP_K), CANDIDATES);
  var total = 0.0;
  for (var i = 0u; i < kept; i++) {
    total += weights[i];
  }
  let enough = row_float(row, ROW_TOP_P) * total;
  let least = row_float(row, ROW_MIN_P) * weights[0];
  var mass = 0.0;
  var scaled_mass = 0.0;
  var count = 0u;
  // The first is always kept.
  while (count < kept && (count == 0u || (mass < enough && weights[count] >= least))) {
    mass += weights[count];
    scaled_mass += scaled[count];
    count++;
  }
  var left = uniform_at(row_word(row, ROW_SEED), token_position(output_row(row)) + 1u) * scaled_mass;
  var chosen = 0u;
  for (var i = 0u; i < count; i++) {
    // What has no share cannot be drawn, also where rounding leaves a rest: masked tokens, places beyond the vocabulary.
    chosen = select(chosen, i, scaled[i] > 0.0);
    left -= scaled[i];
    if (left < 0.0) {
      break;
    }
  }
  picks[row].x = candidates[row * CANDIDATES + chosen].y;
}
