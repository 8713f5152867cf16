// Repacks rows of ggml blocks (an f16 scale, then QUANT_UNITS * 16 bytes of quants: Q4_0, Q8_0) into aligned units and,
// beside them, scales two to a word. Bit for bit.
//   raw: rows of the file, params.row_bytes apart; quants: [rows, units_per_row] vec4s; scales: [rows, scales_per_row]
// Row i of the file becomes row first_row + i * row_step. A thread takes two blocks of a row: they share a word of scales.
// Moves each byte twice; runs once, at load.
struct Params {
  row_count: u32,
  units_per_row: u32,
  scales_per_row: u32,
  row_bytes: u32,
  first_row: u32,
  row_step: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> raw: array<u32>;
@group(0) @binding(2) var<storage, read_write> quants: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> scales: array<u32>;

const BLOCK_BYTES: u32 = 2u + QUANT_UNITS * 16u;
const THREADS: u32 = 64u;

// Copies one block's quants; returns its scale.
fn repack_block(row: u32, target_row: u32, block: u32) -> u32 {
  let byte = row * params.row_bytes + block * BLOCK_BYTES;
  for (var unit = 0u; unit < QUANT_UNITS; unit++) {
    quants[target_row * params.units_per_row + block * QUANT_UNITS + unit] = raw_vec4(byte + 2u + unit * 16u);
  }
  return raw_word(byte) & 0xffffu;
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (workgroup.x + workgroup.y * workgroups.x) * THREADS + thread;
  let row = index / params.scales_per_row;
  let pair = index % params.scales_per_row;
  if (row >= params.row_count) {
    return;
  }
  let target_row = params.first_row + row * params.row_step;
  var word = repack_block(row, target_row, pair * 2u);
  if ((pair * 2u + 1u) * QUANT_UNITS < params.units_per_row) {
    word |= repack_block(row, target_row, pair * 2u + 1u) << 16u;
  }
  scales[target_row * params.scales_per_row + pair] = word;
}
