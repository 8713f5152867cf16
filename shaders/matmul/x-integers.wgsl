// Activations as integers (to-integers.wgsl): for each token the upper bytes of the first and of the last 16 elements of all blocks,
// the lower bytes of both, then steps and sums.
@group(0) @binding(2) var<storage, read> integers: array<vec4<u32>>;

fn load_integers(token: u32, block: u32) -> Integers {
  let blocks = params.blocks;
  let at = token * blocks * 5u + block;
  let steps = bitcast<vec4<f32>>(integers[at + 4u * blocks]);
  return Integers(
    integers[at], integers[at + blocks], integers[at + 2u * blocks], integers[at + 3u * blocks], //
    steps.x, steps.y, steps.z,
  );
}
