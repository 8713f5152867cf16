// Writes elements and their scales (shaders/rope/rope-append.wgsl). A scale needs its whole group: all elements are kept first.
var<workgroup> kept: array<vec4<f32>, WORKGROUP_ELEMENTS>;

fn put_key(at: u32, start: u32, element: u32, value: vec4<f32>) {
  kept[at] = value;
}

fn put_value(at: u32, start: u32, element: u32, value: vec4<f32>) {
  kept[at] = value;
}

// Of a group of the head whose elements are kept from `first` on; 0 where the head has no such group.
fn group_scale(first: u32, group: u32) -> u32 {
  var largest = vec4(0u);
  for (var e = group * KV_GROUP; e < min((group + 1u) * KV_GROUP, HEAD_ELEMENTS); e++) {
    largest = max(largest, bitcast<vec4<u32>>(kept[first + e]) & vec4(0x7fffffffu));
  }
  return kv_scale(max(max(largest.x, largest.y), max(largest.z, largest.w)));
}

// Once all threads have put theirs. The first thread of two groups writes both scales.
fn put_scaled(first_head: u32, elements: u32, slot: u32, thread: u32) {
  workgroupBarrier();
  for (var i = thread; i < elements; i += THREADS) {
    let head = first_head + i / HEAD_ELEMENTS;
    if (head < params.heads) {
      continue;
    }
    let element = i % HEAD_ELEMENTS;
    let group = element / KV_GROUP;
    let scale = group_scale(i - element, group);
    let packed = kv_pack(kept[i], scale);
    let has_scales = element % (2u * KV_GROUP) == 0u;
    var scales = scale;
    if (has_scales) {
      scales |= group_scale(i - element, group + 1u) << 16u;
    }
    let kv_head = (head - params.heads) % params.kv_heads;
    if (head < params.heads + params.kv_heads) {
      let start = key_at(slot / PAGE, params.kv_heads, kv_head, slot % PAGE);
      keys[start + element * PAGE] = packed;
      if (has_scales) {
        keys[start + (HEAD_ELEMENTS + group / 2u) * PAGE] = scales;
      }
    } else {
      let start = value_at(slot / PAGE, params.kv_heads, kv_head, slot % PAGE);
      values[start + element] = packed;
      if (has_scales) {
        values[start + HEAD_ELEMENTS + group / 2u] = scales;
      }
    }
  }
}
