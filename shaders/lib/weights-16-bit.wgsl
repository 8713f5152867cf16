// F16 and BF16 rows of a matrix [rows, K]: a unit (one vec4 of quants) holds 8 elements; there are no scales.
// `widen`, from another fragment, makes f32 of 4 elements in two words.
@group(0) @binding(3) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> scales: array<u32>;

const PARTS: u32 = 2u; // vec4s of elements in a step

alias Scale = f32;

// Activations need no preparing.
struct Values {
  p0: vec4<f32>,
  p1: vec4<f32>,
}

fn load_values(at: u32) -> Values {
  return Values(x[at], x[at + 1u]);
}

fn step_dot(first_unit: u32, first_scale: u32, step: u32, v: Values) -> f32 {
  let q = quants[first_unit + step];
  return dot(widen(q.x, q.y), v.p0) + dot(widen(q.z, q.w), v.p1);
}

const CHUNK_SPAN: u32 = 1u;

fn chunk_part(c: u32) -> u32 {
  return c * 2u;
}

fn block_scale(first_scale: u32, block: u32) -> Scale {
  return 1.0;
}

fn chunk(first_unit: u32, block: u32, c: u32, scale: Scale) -> Chunk {
  let q = quants[first_unit + block * 4u + c];
  return Chunk(widen(q.x, q.y), widen(q.z, q.w));
}
