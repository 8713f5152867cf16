// Multiplies and adds as fast as it can: f32 arithmetic as a kernel gets it, the other roof.
//   chains: [threads] f32, the sum of 16 chains v = v · factor + addend, each 4 · `rounds` long and begun with the thread's number
// Four vec4 accumulators a thread: enough chains at once to hide the latency of each. Four steps a round: the loop itself costs little.
struct Params {
  rounds: u32,
  factor: f32,
  addend: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> chains: array<f32>;

const THREADS: u32 = 256u;

fn four_steps(v: vec4<f32>, factor: vec4<f32>, addend: vec4<f32>) -> vec4<f32> {
  return fma(fma(fma(fma(v, factor, addend), factor, addend), factor, addend), factor, addend);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let factor = vec4(params.factor);
  let addend = vec4(params.addend);
  var a = vec4(f32(id.x));
  var b = a + 1.0;
  var c = a + 2.0;
  var d = a + 3.0;
  for (var round = 0u; round < params.rounds; round++) {
    a = four_steps(a, factor, addend);
    b = four_steps(b, factor, addend);
    c = four_steps(c, factor, addend);
    d = four_steps(d, factor, addend);
  }
  let sum = a + b + c + d;
  chains[id.x] = sum.x + sum.y + sum.z + sum.w;
}
