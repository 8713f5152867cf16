// Words at any byte of `raw`, the file's bytes as they are.
fn raw_word(byte: u32) -> u32 {
  let at = byte >> 2u;
  let shift = (byte & 3u) * 8u;
  if (shift == 0u) {
    return raw[at];
  }
  return (raw[at] >> shift) | (raw[at + 1u] << (32u - shift));
}

fn raw_vec4(byte: u32) -> vec4<u32> {
  return vec4(raw_word(byte), raw_word(byte + 4u), raw_word(byte + 8u), raw_word(byte + 12u));
}
