// F16 and BF16 rows of a matrix [rows, K]: a unit (one vec4 of quants) holds 8 elements; there are no scales.
// `widen`, from another fragment, makes f32 of 4 elements in two words.
@group(0) @binding(3) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> scales: array<u32>;

const PARTS: u32 = 2u; // vec4s of elements in a unit

struct Unit {
  p0: vec4<f32>,
  p1: vec4<f32>,
}

alias Values = Unit; // activations need no preparing

fn unit_scale(first_scale: u32, unit: u32) -> f32 {
  return 1.0;
}

fn decode(q: vec4<u32>) -> Unit {
  return Unit(widen(q.x, q.y), widen(q.z, q.w));
}

fn load_values(at: u32) -> Values {
  return Values(x[at], x[at + 1u]);
}

fn dot_unit(w: Unit, v: Values) -> f32 {
  return dot(w.p0, v.p0) + dot(w.p1, v.p1);
}

const CHUNK_SPAN: u32 = 1u;

fn chunk_part(c: u32) -> u32 {
  return c * 2u;
}

fn chunk(first_unit: u32, block: u32, c: u32, scale: f32) -> Chunk {
  let q = quants[first_unit + block * 4u + c];
  return Chunk(widen(q.x, q.y), widen(q.z, q.w));
}

fn block_scale(first_scale: u32, block: u32) -> f32 {
  return 1.0;
}
