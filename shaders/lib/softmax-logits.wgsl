// The first pass of the softmax sums reads logits: [R, count].
@group(0) @binding(1) var<storage, read> logits: array<f32>;

fn summand(at: u32) -> vec3<f32> {
  return vec3(logits[at], 1.0, 1.0);
}
