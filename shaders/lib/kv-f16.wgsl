// A cache element: 4 dimensions of one key or value as f16 in 8 bytes. Needs no shader-f16.
alias KvElement = vec2<u32>;
alias KvFetched = KvElement;

const KV_SCALES: u32 = 0u;

// Packing a value beyond f16 is undefined in WGSL.
const KV_LARGEST: f32 = 65504.0;

// NaN where a value is NaN or infinite, to be packed in: clamped it would go unnoticed. By bits: WGSL may assume that no value is.
fn kv_broken(value: vec4<f32>) -> vec2<u32> {
  let broken = (bitcast<vec4<u32>>(value) & vec4(0x7f800000u)) == vec4(0x7f800000u);
  let low = select(vec2(0u), vec2(0x7e00u), broken.xz);
  return low | select(vec2(0u), vec2(0x7e000000u), broken.yw);
}

fn kv_pack(value: vec4<f32>) -> KvElement {
  let bounded = clamp(value, vec4(-KV_LARGEST), vec4(KV_LARGEST));
  return KvElement(pack2x16float(bounded.xy), pack2x16float(bounded.zw)) | kv_broken(value);
}

fn kv_unpack(fetched: KvFetched, element: u32) -> vec4<f32> {
  return vec4(unpack2x16float(fetched.x), unpack2x16float(fetched.y));
}
