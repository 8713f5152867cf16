// Writes elements and their scales. The kernel has all elements of the head at hand: kept(first + element), of which `value` is one.

// Of a group of the head; 0 where it has no such group.
fn group_scale(first: u32, group: u32) -> u32 {
  var largest = vec4(0u);
  for (var e = group * KV_GROUP; e < min((group + 1u) * KV_GROUP, HEAD_ELEMENTS); e++) {
    largest = max(largest, bitcast<vec4<u32>>(kept(first + e)) & vec4(0x7fffffffu));
  }
  return kv_scale(max(max(largest.x, largest.y), max(largest.z, largest.w)));
}

// Whether an element is the first of two groups: who stores it stores their scales.
fn has_scales(element: u32) -> bool {
  return element % (2u * KV_GROUP) == 0u;
}

fn store_key(first: u32, start: u32, element: u32, value: vec4<f32>) {
  let group = element / KV_GROUP;
  let scale = group_scale(first, group);
  keys[start + element * PAGE] = kv_pack(value, scale);
  if (has_scales(element)) {
    keys[start + (HEAD_ELEMENTS + group / 2u) * PAGE] = scale | (group_scale(first, group + 1u) << 16u);
  }
}

fn store_value(first: u32, start: u32, element: u32, value: vec4<f32>) {
  let group = element / KV_GROUP;
  let scale = group_scale(first, group);
  values[start + element] = kv_pack(value, scale);
  if (has_scales(element)) {
    values[start + HEAD_ELEMENTS + group / 2u] = scale | (group_scale(first, group + 1u) << 16u);
  }
}
