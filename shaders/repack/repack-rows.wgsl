// Copies rows of plain floats (F32, F16, BF16) to their places, 16 bytes a thread. Bit for bit.
//   raw: rows of the file, params.row_bytes apart; quants: [rows, units_per_row] vec4s
// Row i of the file becomes row first_row + i * row_step. Moves each byte twice; runs once, at load.
struct Params {
  row_count: u32,
  units_per_row: u32,
  row_bytes: u32,
  first_row: u32,
  row_step: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> raw: array<u32>;
@group(0) @binding(2) var<storage, read_write> quants: array<vec4<u32>>;

const THREADS: u32 = 64u;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (workgroup.x + workgroup.y * workgroups.x) * THREADS + thread;
  let row = index / params.units_per_row;
  let unit = index % params.units_per_row;
  if (row >= params.row_count) {
    return;
  }
  let target_row = params.first_row + row * params.row_step;
  quants[target_row * params.units_per_row + unit] = raw_vec4(row * params.row_bytes + unit * 16u);
}
