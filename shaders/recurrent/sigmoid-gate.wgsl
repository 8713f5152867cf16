// x[t, i] *= sigmoid(gate[t, i]).
//   x: [T, width] f32 as vec4; gate: [T, gate_stride], of which width floats from gate_offset on.
// A thread takes one vec4. Moves 12 bytes an element.
struct Params {
  width: u32, // a multiple of 4, like offset and stride
  gate_offset: u32, // floats
  gate_stride: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> gate: array<vec4<f32>>;

const THREADS: u32 = 64u;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let elements = params.width / 4u;
  if (id.x < elements) {
    let z = gate[(id.y * params.gate_stride + params.gate_offset) / 4u + id.x];
    x[id.y * elements + id.x] *= vec4(sigmoid(z.x), sigmoid(z.y), sigmoid(z.z), sigmoid(z.w));
  }
}
