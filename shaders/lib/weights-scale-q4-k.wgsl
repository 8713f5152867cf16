// Q4_K, Q5_K: the pair is a block's scale and minimum, times d and dmin.
fn block_scale(first_scale: u32, block: u32) -> Scale {
  let words = scales[first_scale / 4u + block / 8u];
  return unpack2x16float(words.w) * six_bit_pair(words, block);
}
