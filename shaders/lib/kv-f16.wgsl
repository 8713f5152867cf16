// A cache element: 4 dimensions of one key or value as f16 in 8 bytes. Needs no shader-f16.
alias KvElement = vec2<u32>;

// Packing a value beyond f16 is undefined in WGSL.
const KV_LARGEST: f32 = 65504.0;

fn kv_pack(value: vec4<f32>) -> KvElement {
  let bounded = clamp(value, vec4(-KV_LARGEST), vec4(KV_LARGEST));
  return KvElement(pack2x16float(bounded.xy), pack2x16float(bounded.zw));
}

fn kv_unpack(element: KvElement) -> vec4<f32> {
  return vec4(unpack2x16float(element.x), unpack2x16float(element.y));
}
