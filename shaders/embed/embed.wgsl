// x[t] = scale * row id(t) of the embedding table, dequantized, and what adapters add to it. A table may be split by rows over several buffers: this dispatch
// takes the tokens whose ids lie in [first_row, first_row + rows).
//   x: [T, K / 4] vec4s; table: [rows, K] as the weight fragment lays it out
// A thread decodes 8 elements. Moves K * (4 + bytes per element) a token.
struct Params {
  blocks: u32, // of 32 elements in a row
  units_per_row: u32,
  scales_per_row: u32,
  first_row: u32,
  rows: u32,
  scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> x: array<vec4<f32>>;

const THREADS: u32 = 64u;
const CHUNKS: u32 = 4u; // of 8 elements in a block of 32
const PARTS_PER_BLOCK: u32 = 8u; // vec4s

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let token = workgroup.y;
  let index = workgroup.x * THREADS + thread;
  let id = token_id(token);
  if (index >= params.blocks * CHUNKS || id < params.first_row || id - params.first_row >= params.rows) {
    return;
  }
  let row = id - params.first_row;
  let block = index / CHUNKS;
  let c = index % CHUNKS;
  let decoded = chunk(row * params.units_per_row, block, c, block_scale(row * params.scales_per_row, block));
  let at = (token * params.blocks + block) * PARTS_PER_BLOCK + chunk_part(c);
  let column = (block * PARTS_PER_BLOCK + chunk_part(c)) * 4u;
  x[at] = all_adapted(token, column, decoded.a) * params.scale;
  x[at + CHUNK_SPAN] = all_adapted(token, column + CHUNK_SPAN * 4u, decoded.b) * params.scale;
}

// The columns of x are the rows that adapters know.
fn all_adapted(token: u32, column: u32, v: vec4<f32>) -> vec4<f32> {
  return vec4(
    adapted(token, column, v.x),
    adapted(token, column + 1u, v.y),
    adapted(token, column + 2u, v.z),
    adapted(token, column + 3u, v.w),
  );
}
