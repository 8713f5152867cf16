// Where the paged KV cache of one layer keeps the elements (4 dimensions each) of a page's PAGE tokens:
//   keys:   [page, kv head, HEAD_DIM / 4, PAGE]: neighbouring threads take neighbouring keys
//   values: [page, kv head, PAGE, HEAD_DIM / 4]: neighbouring threads take neighbouring dimensions of one value
const HEAD_ELEMENTS: u32 = HEAD_DIM / 4u;

// Element 0 of the key at `offset` in the page; element i lies i * PAGE further on.
fn key_at(page: u32, kv_heads: u32, kv_head: u32, offset: u32) -> u32 {
  return (page * kv_heads + kv_head) * HEAD_ELEMENTS * PAGE + offset;
}

// Element 0 of the value at `offset` in the page; element i lies i further on.
fn value_at(page: u32, kv_heads: u32, kv_head: u32, offset: u32) -> u32 {
  return ((page * kv_heads + kv_head) * PAGE + offset) * HEAD_ELEMENTS;
}
