// Reads a buffer once in 16-byte loads and folds it: the speed of memory as a kernel sees it, which is the roof over all kernels.
//   x: [rounds · 4 · threads] vec4<u32>; folds: [threads] u32, the exclusive or of all words that the thread read
// 256 threads a workgroup, a few thousand workgroups: neighbours read neighbouring units, four loads of a thread are under way at once.
struct Params {
  rounds: u32,
  keep: u32, // 0: no fold is written but 0, so that there is next to nothing but reading
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> folds: array<u32>;

const THREADS: u32 = 256u;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let threads = workgroups.x * THREADS;
  var fold = vec4(0u);
  for (var round = 0u; round < params.rounds; round++) {
    let at = round * 4u * threads + id.x;
    fold ^= x[at] ^ x[at + threads] ^ x[at + 2u * threads] ^ x[at + 3u * threads];
  }
  let all = fold.x ^ fold.y ^ fold.z ^ fold.w;
  if (params.keep != 0u || all == 0u) {
    folds[id.x] = all;
  }
}
