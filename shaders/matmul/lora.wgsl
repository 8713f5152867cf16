// Adds what LoRA adapters make of x, B · (A · x), to the sum of a row of the whole matrix.
//   lora_x: [T, stride] vec4s of A · x, the columns of all adapters and parts of the matrix beside each other
//   lora_b: a vec4 with the stride; for each row a pair of words, two in a vec4: where its factors begin, and
//     first vec4 of lora_x << 16 | vec4s; then the factors, scaled, row by row
// Moves rank * 4 bytes of factors for each row, and as much of A · x for each token.
fn adapted(token: u32, row: u32, sum: f32) -> f32 {
  let entry = lora_entry(row);
  let x_at = token * lora_b[0].x + (entry.y >> 16u);
  var added = 0.0;
  for (var i = 0u; i < (entry.y & 0xffffu); i++) {
    added += dot(bitcast<vec4<f32>>(lora_b[entry.x + i]), lora_x[x_at + i]);
  }
  return sum + added;
}

// The same for four tokens, which share the factors. Those beyond T give anything.
fn adapted_tokens(token: u32, row: u32, sums: vec4<f32>) -> vec4<f32> {
  let entry = lora_entry(row);
  let stride = lora_b[0].x;
  let x_at = token * stride + (entry.y >> 16u);
  var added = vec4(0.0);
  for (var i = 0u; i < (entry.y & 0xffffu); i++) {
    let b = bitcast<vec4<f32>>(lora_b[entry.x + i]);
    added += vec4(
      dot(b, lora_x[x_at + i]),
      dot(b, lora_x[x_at + stride + i]),
      dot(b, lora_x[x_at + 2u * stride + i]),
      dot(b, lora_x[x_at + 3u * stride + i]),
    );
  }
  return sums + added;
}

fn lora_entry(row: u32) -> vec2<u32> {
  let both = lora_b[1u + row / 2u];
  return select(both.xy, both.zw, row % 2u == 1u);
}
