// Q3_K: the pair is the scales of a block's halves, 32 standing for 0, times d. Level 4 stands for 0.
fn block_scale(first_scale: u32, block: u32) -> Scale {
  let words = scales[first_scale / 4u + block / 8u];
  let halves = unpack2x16float(words.w).x * (six_bit_pair(words, block) - 32.0);
  return halves.xxyy * vec4(1.0, 4.0, 1.0, 4.0);
}
