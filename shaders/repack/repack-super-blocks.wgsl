// Repacks rows of ggml's super-blocks of 256 elements into planes of levels and, beside them, scales, as shaders/lib/weights-*.wgsl
// read them. What a super-block is made of stands in another fragment: repack_super_block.
//   raw: rows of the file, params.row_bytes apart; quants: [rows, units_per_row * 4] words; scales: [rows, scales_per_row]
// Row i of the file becomes row first_row + i * row_step. A thread takes one super-block. No scale is rounded.
// Moves each byte twice; runs once, at load.
struct Params {
  row_count: u32,
  blocks: u32, // of 32 elements in a row
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

const BLOCKS: u32 = 8u; // of 32 in a super-block
const THREADS: u32 = 64u;

// The plane of nibbles: a unit of 32 of them, which stand at bit `shift` of 32 bytes of the file.
fn store_nibbles(unit: u32, source: u32, shift: u32) {
  for (var word = 0u; word < 4u; word++) {
    let low = (raw_word(source + word * 4u) >> shift) & 0x0f0f0f0fu;
    let high = (raw_word(source + 16u + word * 4u) >> shift) & 0x0f0f0f0fu;
    quants[unit * 4u + word] = low | (high << 4u);
  }
}

// The plane of single bits: one word, of bit `bit` of 32 bytes.
fn one_bit_word(source: u32, bit: u32) -> u32 {
  var plane = 0u;
  for (var part = 0u; part < 8u; part++) {
    plane |= ((raw_word(source + part * 4u) >> bit) & 0x01010101u) << part;
  }
  return plane;
}

// The plane of bit pairs: two words at quants[at], of the pairs at bit `shift` of 32 bytes.
fn store_pairs(at: u32, source: u32, shift: u32) {
  for (var word = 0u; word < 2u; word++) {
    let parts = source + word * 8u;
    let first = (raw_word(parts) >> shift) & 0x03030303u;
    let second = (raw_word(parts + 4u) >> shift) & 0x03030303u;
    let fifth = (raw_word(parts + 16u) >> shift) & 0x03030303u;
    let sixth = (raw_word(parts + 20u) >> shift) & 0x03030303u;
    quants[at + word] = first | (second << 2u) | (fifth << 4u) | (sixth << 6u);
  }
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let in_row = params.blocks / BLOCKS;
  let index = (workgroup.x + workgroup.y * workgroups.x) * THREADS + thread;
  let row = index / in_row;
  let super_block = index % in_row;
  if (row >= params.row_count) {
    return;
  }
  let target_row = params.first_row + row * params.row_step;
  let source = row * params.row_bytes + super_block * SUPER_BLOCK_BYTES;
  let scales_at = target_row * params.scales_per_row + super_block * (params.scales_per_row / in_row);
  repack_super_block(source, target_row * params.units_per_row, super_block * BLOCKS, scales_at);
}
