// Repacks rows of ggml's blocks of 32: HEAD_BYTES of scale, HIGH_BYTES of fifth bits, then QUANT_UNITS * 16 bytes of quants,
// into planes: quants as they are, whole units; after a row's units its fifth bits, a word a block; scales beside them.
//   raw: rows of the file, params.row_bytes apart; quants: [rows, units_per_row * 4] words; scales: [rows, scales_per_row]
// Row i of the file becomes row first_row + i * row_step. A thread takes the blocks of a row that share a word of scales.
// No scale is rounded. Moves each byte twice; runs once, at load.
struct Params {
  row_count: u32,
  blocks: u32, // in a row
  units_per_row: u32,
  scales_per_row: u32,
  row_bytes: u32,
  first_row: u32,
  row_step: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> raw: array<u32>;
@group(0) @binding(2) var<storage, read_write> quants: array<u32>;
@group(0) @binding(3) var<storage, read_write> scales: array<u32>;

const BLOCK_BYTES: u32 = HEAD_BYTES + HIGH_BYTES + QUANT_UNITS * 16u;
const HEAD_MASK: u32 = 0xffffffffu >> (32u - HEAD_BYTES * 8u);
const GROUP: u32 = 4u / HEAD_BYTES; // blocks that share a word of scales
const THREADS: u32 = 64u;

// Bit i of ggml's word belongs to element i; here bit p of byte i belongs to element i of the p-th four.
fn fifth_bits(word: u32) -> u32 {
  var plane = 0u;
  for (var part = 0u; part < 8u; part++) {
    let four = (word >> (part * 4u)) & 0xfu;
    plane |= ((four * 0x204081u) & 0x01010101u) << part;
  }
  return plane;
}

// Copies one block's quants; returns its scale.
fn repack_block(byte: u32, first_unit: u32, block: u32) -> u32 {
  let quants_at = (first_unit + block * QUANT_UNITS) * 4u;
  for (var word = 0u; word < QUANT_UNITS * 4u; word++) {
    quants[quants_at + word] = recode(raw_word(byte + HEAD_BYTES + HIGH_BYTES + word * 4u));
  }
  if (HIGH_BYTES > 0u) {
    quants[(first_unit + params.blocks * QUANT_UNITS) * 4u + block] = fifth_bits(raw_word(byte + HEAD_BYTES));
  }
  return raw_word(byte) & HEAD_MASK;
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (workgroup.x + workgroup.y * workgroups.x) * THREADS + thread;
  let row = index / params.scales_per_row;
  let group = index % params.scales_per_row;
  if (row >= params.row_count) {
    return;
  }
  let target_row = params.first_row + row * params.row_step;
  let first_unit = target_row * params.units_per_row;
  var word = 0u;
  for (var i = 0u; i < GROUP; i++) {
    let block = group * GROUP + i;
    if (block < params.blocks) {
      let head = repack_block(row * params.row_bytes + block * BLOCK_BYTES, first_unit, block);
      word |= head << (i * HEAD_BYTES * 8u);
    }
  }
  scales[target_row * params.scales_per_row + group] = word;
}
