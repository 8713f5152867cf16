// Adds one to each count: next to no work, so that what a dispatch itself costs can be seen.
//   counts: [threads] u32
// One small workgroup per dispatch; 8 bytes a thread.
@group(0) @binding(0) var<storage, read_write> counts: array<u32>;

const THREADS: u32 = 64u;

@compute @workgroup_size(THREADS)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  counts[id.x]++;
}
