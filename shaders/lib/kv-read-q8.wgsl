// Reads elements with their scales.
fn fetch_key(start: u32, element: u32) -> KvFetched {
  return KvFetched(keys[start + element * PAGE], keys[start + (HEAD_ELEMENTS + element / (2u * KV_GROUP)) * PAGE]);
}

fn fetch_value(start: u32, element: u32) -> KvFetched {
  return KvFetched(values[start + element], values[start + HEAD_ELEMENTS + element / (2u * KV_GROUP)]);
}
