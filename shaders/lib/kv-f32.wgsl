// A cache element: 4 dimensions of one key or value in 16 bytes.
alias KvElement = vec4<f32>;
alias KvFetched = KvElement;

const KV_SCALES: u32 = 0u;

fn kv_pack(value: vec4<f32>) -> KvElement {
  return value;
}

fn kv_unpack(fetched: KvFetched, element: u32) -> vec4<f32> {
  return fetched;
}
