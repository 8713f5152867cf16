// Q4_K, Q5_K: d, dmin, 12 bytes of scales and minima; in Q5_K 32 bytes of fifth bits (bit b of each for block b); 128 bytes of
// quants (nibbles of 2 blocks in each 32).
const SUPER_BLOCK_BYTES: u32 = QUANTS + 128u;
const SCALES: u32 = 4u;
const FIFTHS: u32 = 16u;

// ggml keeps the upper bits of the last four scales and minima in the bytes of the first four. Here all are numbers of 6 bits,
// scale and minimum by turns, as weights-scale-6-bit.wgsl reads them.
fn six_bit_numbers(source: u32) -> vec3<u32> {
  let a = raw_word(source);
  let b = raw_word(source + 4u);
  let c = raw_word(source + 8u);
  // bytes: the scales and minima of the first four blocks, then of the last four
  let scale_low = a & 0x3f3f3f3fu;
  let minimum_low = b & 0x3f3f3f3fu;
  let scale_high = (c & 0x0f0f0f0fu) | ((a >> 2u) & 0x30303030u);
  let minimum_high = ((c >> 4u) & 0x0f0f0f0fu) | ((b >> 2u) & 0x30303030u);
  var words = vec3(0u);
  for (var block = 0u; block < BLOCKS; block++) {
    let byte = (block % 4u) * 8u;
    let scale = (select(scale_low, scale_high, block >= 4u) >> byte) & 0xffu;
    let minimum = (select(minimum_low, minimum_high, block >= 4u) >> byte) & 0xffu;
    let pair = scale | (minimum << 8u);
    let half = (block & 1u) * 16u;
    words[(block & 2u) / 2u] |= (pair & 0x0f0fu) << (half + (block / 4u) * 4u);
    words.z |= ((pair >> 4u) & 0x0303u) << (half + (block / 2u) * 2u);
  }
  return words;
}

fn repack_super_block(source: u32, first_unit: u32, first_block: u32, scales_at: u32) {
  let fifths_at = (first_unit + params.blocks) * 4u + first_block;
  for (var b = 0u; b < BLOCKS; b++) {
    store_nibbles(first_unit + first_block + b, source + QUANTS + b / 2u * 32u, b % 2u * 4u);
    if (QUANTS > FIFTHS) {
      quants[fifths_at + b] = one_bit_word(source + FIFTHS, b);
    }
  }
  let numbers = six_bit_numbers(source + SCALES);
  scales[scales_at] = numbers.x;
  scales[scales_at + 1u] = numbers.y;
  scales[scales_at + 2u] = numbers.z;
  scales[scales_at + 3u] = raw_word(source);
}
