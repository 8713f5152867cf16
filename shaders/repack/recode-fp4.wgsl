// Nibbles of a sign and a magnitude become levels that count the values upwards: 15 - n for the negative ones, n + 8 for the others.
fn recode(word: u32) -> u32 {
  let negative = (word >> 3u) & 0x11111111u;
  return word ^ 0x88888888u ^ (negative * 7u);
}
