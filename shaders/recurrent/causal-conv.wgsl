// y[t, c] = silu(sum over j < TAPS of weight[c, j] * x[t - HISTORY + j, c]): each channel of a sequence convolved with its own taps.
//   x: [T, x_stride] f32, of which channels floats from x_offset on; weight: [channels, TAPS], the last tap meets the token itself;
//   state: [slots, HISTORY, channels], the inputs before each sequence's part, then the last inputs of the part; y: [T, channels].
// A thread takes one channel of at most CHUNK tokens of a part: it walks them with the last TAPS inputs in registers, and neighbouring
// threads read neighbouring channels. Only the thread of a part's first chunk meets the state, so reading and updating it keep order.
// Moves 8 bytes an element (x in, y out) and HISTORY inputs a chunk again.
struct Params {
  channels: u32,
  x_offset: u32, // floats
  x_stride: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> state: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const THREADS: u32 = 64u;
const HISTORY: u32 = TAPS - 1u;

fn state_at(part: Part, index: u32, channel: u32) -> u32 {
  return (part.state_slot * HISTORY + index) * params.channels + channel;
}

fn input(part: Part, token: u32, channel: u32) -> f32 {
  return x[(part.first_token + token) * params.x_stride + params.x_offset + channel];
}

// The input `index` places after the first of the HISTORY before `token`, which may lie before the part.
fn earlier(part: Part, token: u32, index: u32, channel: u32) -> f32 {
  if (token + index >= HISTORY) {
    return input(part, token + index - HISTORY, channel);
  }
  if (part.starts) {
    return 0.0;
  }
  return state[state_at(part, token + index, channel)];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(workgroup_id) workgroup: vec3<u32>) {
  let channel = id.x;
  let part = part_at(workgroup.y);
  let first = workgroup.z * CHUNK;
  if (channel >= params.channels || first >= part.tokens) {
    return;
  }
  var taps: array<f32, TAPS>;
  var window: array<f32, TAPS>; // oldest first; the token's own input last
  for (var j = 0u; j < TAPS; j++) {
    taps[j] = weight[channel * TAPS + j];
  }
  for (var j = 0u; j < HISTORY; j++) {
    window[j + 1u] = earlier(part, first, j, channel);
  }
  let end = min(first + CHUNK, part.tokens);
  for (var token = first; token < end; token++) {
    var sum = 0.0;
    for (var j = 0u; j < HISTORY; j++) {
      window[j] = window[j + 1u];
      sum += taps[j] * window[j];
    }
    window[HISTORY] = input(part, token, channel);
    sum += taps[HISTORY] * window[HISTORY];
    y[(part.first_token + token) * params.channels + channel] = activate(sum);
  }
  if (first == 0u) {
    // Where the part is shorter than the history, later entries move forward: each is read before it is overwritten.
    for (var j = 0u; j < HISTORY; j++) {
      state[state_at(part, j, channel)] = earlier(part, part.tokens, j, channel);
    }
  }
}
