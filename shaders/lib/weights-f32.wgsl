// F32 rows of a matrix [rows, K]: a unit (one vec4 of quants) holds 4 elements; there are no scales.
@group(0) @binding(3) var<storage, read> quants: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> scales: array<u32>;

const PARTS: u32 = 1u; // vec4s of elements in a step

alias Values = vec4<f32>; // activations need no preparing
alias Scale = f32;

fn load_values(at: u32) -> Values {
  return x[at];
}

fn step_dot(first_unit: u32, first_scale: u32, step: u32, v: Values) -> f32 {
  return dot(bitcast<vec4<f32>>(quants[first_unit + step]), v);
}

const CHUNK_SPAN: u32 = 1u;

fn chunk_part(c: u32) -> u32 {
  return c * 2u;
}

fn block_scale(first_scale: u32, block: u32) -> Scale {
  return 1.0;
}

fn chunk(first_unit: u32, block: u32, c: u32, scale: Scale) -> Chunk {
  let at = first_unit + block * 8u + c * 2u;
  return Chunk(bitcast<vec4<f32>>(quants[at]), bitcast<vec4<f32>>(quants[at + 1u]));
}
