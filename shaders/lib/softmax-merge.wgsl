// A later pass of the softmax sums reads those of the one before: [R, count].
@group(0) @binding(1) var<storage, read> source: array<vec4<f32>>;

fn summand(at: u32) -> vec3<f32> {
  return source[at].xyz;
}
