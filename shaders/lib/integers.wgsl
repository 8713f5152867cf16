// Products in integers: a block's 32 levels as bytes, against its 32 activations as integers of 16 bits times one step. Both
// bytes of an activation meet a level by dot4I8Packed, which is one instruction where GPUs have it: exact but for the rounding of
// the activations, by at most 2 ** -16 of a block's largest. Other fragments bring
//   Packed, load_packed: what a thread holds of a block's levels until its activations are there
//   spread: the levels as bytes
//   block_dot, Scale: what a level stands for (integers-by-32.wgsl, integers-by-16.wgsl)
//   scales, block_scale: the scales of a block
@group(0) @binding(3) var<storage, read> quants: array<vec4<u32>>;

// Byte i % 4 of word i / 4 is element i of the first 16 (a) and of the last 16 (b).
struct Bytes {
  a: vec4<u32>,
  b: vec4<u32>,
}

// 32 activations: (256 * upper + lower) * step, and the sums of the first and of the last 16.
struct Integers {
  upper_a: vec4<u32>,
  upper_b: vec4<u32>,
  lower_a: vec4<u32>,
  lower_b: vec4<u32>,
  step: f32,
  sum_a: f32,
  sum_b: f32,
}

// Of 16 elements: their levels times one byte of the activations, added to `start`; as a chain, which is 3–5 % faster with few tokens.
fn dot_16(levels: vec4<u32>, bytes: vec4<u32>, start: i32) -> i32 {
  return dot4I8Packed(levels.w, bytes.w)
    + (dot4I8Packed(levels.z, bytes.z) + (dot4I8Packed(levels.y, bytes.y) + (dot4I8Packed(levels.x, bytes.x) + start)));
}
