// [T, K / 4] vec4s of activations.
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
