// Activations as integers, once for all rows of a matrix (mul-mat-cols-int.wgsl, lib/integers-of-x.wgsl).
//   x: [T, K / 4] vec4s; integers: [T, 5, blocks] vec4s: the upper bytes of the first and of the last 16 elements of each block, the
//   lower bytes of both; the step, the sums of the first and of the last 16, 0.
// Four neighbouring threads a block. Moves 6.5 bytes an element.
struct Params {
  blocks: u32, // of 32 elements along K
  count_at: u32, // which word of the batch's header holds T
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> integers: array<vec4<u32>>;

const THREADS: u32 = 128u;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let token = workgroup.y;
  let block = (workgroup.x * THREADS + thread) / 4u;
  var a = vec4(0.0);
  var b = vec4(0.0);
  if (block < params.blocks) {
    let at = (token * params.blocks + block) * 8u + (thread & 3u) * 2u;
    a = x[at];
    b = x[at + 1u];
  }
  let share = to_integers(thread, a, b);
  if (block >= params.blocks || token >= batch[params.count_at]) {
    return;
  }
  // The first two of four threads take the first 16 elements; of two, the second has the lower bytes.
  let plane = (thread & 1u) * 2u + ((thread / 2u) & 1u);
  let at = token * params.blocks * 5u + block;
  integers[at + plane * params.blocks] = share.bytes;
  if ((thread & 3u) == 0u) {
    integers[at + 4u * params.blocks] = bitcast<vec4<u32>>(share.step_and_sums);
  }
}
