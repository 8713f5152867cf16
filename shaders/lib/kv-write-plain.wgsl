// Writes elements, which have no scales; see kv-write-q8.wgsl.
fn store_key(first: u32, start: u32, element: u32, value: vec4<f32>) {
  keys[start + element * PAGE] = kv_pack(value);
}

fn store_value(first: u32, start: u32, element: u32, value: vec4<f32>) {
  values[start + element] = kv_pack(value);
}
