// Reads elements that have no scales.
fn fetch_key(start: u32, element: u32) -> KvFetched {
  return keys[start + element * PAGE];
}

fn fetch_value(start: u32, element: u32) -> KvFetched {
  return values[start + element];
}
