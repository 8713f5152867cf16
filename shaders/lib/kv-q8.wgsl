// A cache element: 4 dimensions of one key or value in 8 bits each. Groups of 8 elements (32 dimensions; the last may be smaller) have one
// scale, the group's largest size. Two groups' scales share a word, cut to the upper half of an f32: no value is beyond it, none too small.
alias KvElement = u32;
alias KvFetched = vec2<u32>; // the element, the scales of its group and of another

const KV_GROUP: u32 = 8u;
// Elements that a token's key or value of one head has besides its own: the scales.
const KV_SCALES: u32 = (HEAD_DIM + 63u) / 64u;

// Sizes as bits, which rise as they do.
const KV_SMALLEST: u32 = 0x0da24260u; // 1e-30: smaller ones are zero, as their reciprocal may be infinite
const KV_INFINITE: u32 = 0x7f800000u;

// The bits of the scale of values up to `largest` (bits), rounded up; NaN where one is NaN or infinite: packed it would go unnoticed.
fn kv_scale(largest: u32) -> u32 {
  let bits = select(largest + 0xffffu, 0u, largest < KV_SMALLEST) >> 16u;
  return select(bits, 0x7fc0u, bits >= KV_INFINITE >> 16u);
}

fn kv_pack(value: vec4<f32>, scale: u32) -> KvElement {
  return pack4x8snorm(value * select(1.0 / bitcast<f32>(scale << 16u), 0.0, scale == 0u));
}

// `element` is the number of the fetched element in its head.
fn kv_unpack(fetched: KvFetched, element: u32) -> vec4<f32> {
  let odd = (element / KV_GROUP) % 2u == 1u;
  return unpack4x8snorm(fetched.x) * bitcast<f32>(select(fetched.y << 16u, fetched.y & 0xffff0000u, odd));
}
