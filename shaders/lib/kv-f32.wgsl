// A cache element: 4 dimensions of one key or value in 16 bytes.
alias KvElement = vec4<f32>;

fn kv_pack(value: vec4<f32>) -> KvElement {
  return value;
}

fn kv_unpack(element: KvElement) -> vec4<f32> {
  return element;
}
