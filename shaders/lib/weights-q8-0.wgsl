// Q8_0 rows of a matrix [rows, K]: a unit (one vec4 of quants) holds 16 signed bytes, half a block of 32 with one f16 scale.
// Bytes are masked where they stand and brought down by powers of two in f32, which is exact: no shift per element. The lower
// three of a word have 128 added (their sign bit flipped), so that they are positive; the topmost has its sign where i32 has it.
@group(0) @binding(3) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> scales: array<u32>;

const PARTS: u32 = 4u; // vec4s of elements in a step
const FLIP: u32 = 0x808080u;
const BYTES = vec4<i32>(0xff, 0xff00, 0xff0000, -0x1000000);
const DOWN = vec4<f32>(1.0, 0x1p-8, 0x1p-16, 0x1p-24);
const OFFSET = vec4<f32>(128.0, 128.0, 128.0, 0.0);

alias Scale = f32;

// 16 activations, each times the power of two that its weight lacks, and what the added 128s contribute.
struct Values {
  p0: vec4<f32>,
  p1: vec4<f32>,
  p2: vec4<f32>,
  p3: vec4<f32>,
  offset: f32,
}

fn widen(word: u32) -> vec4<f32> {
  return vec4<f32>(vec4(bitcast<i32>(word ^ FLIP)) & BYTES);
}

fn load_values(at: u32) -> Values {
  let a = x[at];
  let b = x[at + 1u];
  let c = x[at + 2u];
  let d = x[at + 3u];
  return Values(a * DOWN, b * DOWN, c * DOWN, d * DOWN, dot((a + b) + (c + d), OFFSET));
}

fn step_dot(first_unit: u32, first_scale: u32, step: u32, v: Values) -> f32 {
  let q = quants[first_unit + step];
  let sum = dot(widen(q.x), v.p0) + dot(widen(q.y), v.p1) + dot(widen(q.z), v.p2) + dot(widen(q.w), v.p3);
  return block_scale(first_scale, step / 2u) * (sum - v.offset);
}

const CHUNK_SPAN: u32 = 1u;

fn chunk_part(c: u32) -> u32 {
  return c * 2u;
}

fn block_scale(first_scale: u32, block: u32) -> Scale {
  let pair = unpack2x16float(scales[first_scale + block / 2u]);
  return select(pair.x, pair.y, (block & 1u) != 0u);
}

fn chunk(first_unit: u32, block: u32, c: u32, scale: Scale) -> Chunk {
  let at = first_unit + block * 2u + (c >> 1u);
  let word = (c & 1u) * 2u;
  let down = DOWN * scale;
  let offset = OFFSET * scale;
  return Chunk(widen(quants[at][word]) * down - offset, widen(quants[at][word + 1u]) * down - offset);
}
