// Writes elements that have no scales (shaders/rope/rope-append.wgsl).
fn put_key(at: u32, start: u32, element: u32, value: vec4<f32>) {
  keys[start + element * PAGE] = kv_pack(value);
}

fn put_value(at: u32, start: u32, element: u32, value: vec4<f32>) {
  values[start + element] = kv_pack(value);
}

fn put_scaled(first_head: u32, elements: u32, slot: u32, thread: u32) {}
