// Q4_0 rows of a matrix [rows, K]: a unit (one vec4 of quants) is one block of 32 with one f16 scale. Byte i of it holds
// element i in its low nibble and element i + 16 in its high one; nibbles stand for -8 … 7.
// Nibbles are masked where they stand and brought down by powers of two in f32, which is exact: no shift per element.
// The topmost one is a sign: with that bit flipped it stands for its value less 8 already.
@group(0) @binding(3) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> scales: array<u32>;

const PARTS: u32 = 8u; // vec4s of elements in a unit
const LOW = vec4<i32>(0xf, 0xf00, 0xf0000, 0xf000000);
const HIGH = vec4<i32>(0xf0, 0xf000, 0xf00000, -0x10000000);
const LOW_DOWN = vec4<f32>(1.0, 0x1p-8, 0x1p-16, 0x1p-24);
const HIGH_DOWN = vec4<f32>(0x1p-4, 0x1p-12, 0x1p-20, 0x1p-28);
const LOW_OFFSET = vec4<f32>(8.0);
const HIGH_OFFSET = vec4<f32>(8.0, 8.0, 8.0, 0.0);

struct Unit {
  p0: vec4<f32>,
  p1: vec4<f32>,
  p2: vec4<f32>,
  p3: vec4<f32>,
  p4: vec4<f32>,
  p5: vec4<f32>,
  p6: vec4<f32>,
  p7: vec4<f32>,
}

// 32 activations, each times the power of two that its weight lacks, and 8 times their sum.
struct Values {
  p0: vec4<f32>,
  p1: vec4<f32>,
  p2: vec4<f32>,
  p3: vec4<f32>,
  p4: vec4<f32>,
  p5: vec4<f32>,
  p6: vec4<f32>,
  p7: vec4<f32>,
  offset: f32,
}

fn unit_scale(first_scale: u32, unit: u32) -> f32 {
  let pair = unpack2x16float(scales[first_scale + (unit >> 1u)]);
  return select(pair.x, pair.y, (unit & 1u) != 0u);
}

fn widen_low(word: u32) -> vec4<f32> {
  return vec4<f32>(vec4(bitcast<i32>(word)) & LOW);
}

fn widen_high(word: u32) -> vec4<f32> {
  return vec4<f32>(vec4(bitcast<i32>(word ^ 0x80000000u)) & HIGH);
}

fn decode(q: vec4<u32>) -> Unit {
  return Unit(
    widen_low(q.x), widen_low(q.y), widen_low(q.z), widen_low(q.w), //
    widen_high(q.x), widen_high(q.y), widen_high(q.z), widen_high(q.w),
  );
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
  let low = (a + b) + (c + d);
  let high = (e + f) + (g + h);
  let offset = dot(low, LOW_OFFSET) + dot(high, HIGH_OFFSET);
  return Values(
    a * LOW_DOWN, b * LOW_DOWN, c * LOW_DOWN, d * LOW_DOWN, //
    e * HIGH_DOWN, f * HIGH_DOWN, g * HIGH_DOWN, h * HIGH_DOWN, offset,
  );
}

fn dot_unit(w: Unit, v: Values) -> f32 {
  let low = dot(w.p0, v.p0) + dot(w.p1, v.p1) + dot(w.p2, v.p2) + dot(w.p3, v.p3);
  let high = dot(w.p4, v.p4) + dot(w.p5, v.p5) + dot(w.p6, v.p6) + dot(w.p7, v.p7);
  return low + high - v.offset;
}

const CHUNK_SPAN: u32 = 4u;

fn chunk_part(c: u32) -> u32 {
  return c;
}

fn chunk(first_unit: u32, block: u32, c: u32, scale: f32) -> Chunk {
  let word = quants[first_unit + block][c];
  return Chunk(
    widen_low(word) * (LOW_DOWN * scale) - LOW_OFFSET * scale,
    widen_high(word) * (HIGH_DOWN * scale) - HIGH_OFFSET * scale,
  );
}

fn block_scale(first_scale: u32, block: u32) -> f32 {
  return unit_scale(first_scale, block);
}
