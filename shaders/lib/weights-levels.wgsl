// Rows of a matrix [rows, K] in blocks of 32 elements of less than 8 bits: what all such types share. Other fragments bring
//   block_levels, chunk_levels: the unsigned levels of a block, put together from planes of bits
//   widen, DOWN: f32 of 4 levels, each times 1 / DOWN
//   step_dot, chunk, Scale: what a level stands for (weights-by-32.wgsl, weights-by-16.wgsl)
//   scales, block_scale: the scales of a block
// The eight vec4s of a block are its parts. Planes of a row lie one after another; each is padded to whole units (vec4s).
@group(0) @binding(3) var<storage, read> quants: array<vec4<u32>>;

const PARTS: u32 = 8u; // vec4s of elements in a step

// Bytes are masked where they stand and brought down by powers of two in f32, which is exact: no shift per element.
const IN_PLACE = vec4<f32>(1.0, 0x1p-8, 0x1p-16, 0x1p-24);
const LEVEL_BITS = LEVEL_MASK * vec4<i32>(1, 0x100, 0x10000, 0x1000000);

struct Levels {
  p0: vec4<f32>,
  p1: vec4<f32>,
  p2: vec4<f32>,
  p3: vec4<f32>,
  p4: vec4<f32>,
  p5: vec4<f32>,
  p6: vec4<f32>,
  p7: vec4<f32>,
}

// 32 activations, each times what its level lacks, and the sums of the first and of the last 16.
struct Values {
  p0: vec4<f32>,
  p1: vec4<f32>,
  p2: vec4<f32>,
  p3: vec4<f32>,
  p4: vec4<f32>,
  p5: vec4<f32>,
  p6: vec4<f32>,
  p7: vec4<f32>,
  low: f32,
  high: f32,
}

fn load_values(at: u32) -> Values {
  let a = x[at];
  let b = x[at + 1u];
  let c = x[at + 2u];
  let d = x[at + 3u];
  let e = x[at + 4u];
  let f = x[at + 5u];
  let g = x[at + 6u];
  let h = x[at + 7u];
  let low = dot((a + b) + (c + d), vec4(1.0));
  let high = dot((e + f) + (g + h), vec4(1.0));
  return Values(a * DOWN, b * DOWN, c * DOWN, d * DOWN, e * DOWN, f * DOWN, g * DOWN, h * DOWN, low, high);
}

fn low_dot(w: Levels, v: Values) -> f32 {
  return dot(w.p0, v.p0) + dot(w.p1, v.p1) + dot(w.p2, v.p2) + dot(w.p3, v.p3);
}

fn high_dot(w: Levels, v: Values) -> f32 {
  return dot(w.p4, v.p4) + dot(w.p5, v.p5) + dot(w.p6, v.p6) + dot(w.p7, v.p7);
}

const CHUNK_SPAN: u32 = 4u;

fn chunk_part(c: u32) -> u32 {
  return c;
}
