// One vec4 for 256 elements: 16 numbers of 6 bits, two for each block of 32, in three words, and one or two f16s in the fourth.
// The lower 4 bits of number n: byte n % 8 of the first two words, its low nibble for n < 8, its high one otherwise.
// The upper 2: byte n % 4 of the third, from bit n / 4 * 2 on.
@group(0) @binding(4) var<storage, read> scales: array<vec4<u32>>;

// The two numbers of a block, from its 256 elements' words.
fn six_bit_pair(words: vec4<u32>, block: u32) -> vec2<f32> {
  let b = block % 8u;
  let lower = select(words.x, words.y, (b & 2u) != 0u) >> ((b & 1u) * 16u + (b >> 2u) * 4u);
  let upper = words.z >> ((b & 1u) * 16u + (b >> 1u) * 2u);
  let pair = (lower & 0x0f0fu) | ((upper & 0x0303u) << 4u);
  return vec2(f32(pair & 0xffu), f32(pair >> 8u));
}
