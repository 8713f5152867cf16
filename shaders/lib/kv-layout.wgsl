// Where the paged KV cache of one layer keeps the elements (4 dimensions each) of a page's PAGE tokens, and after a token's its scales:
//   keys:   [page, kv head, TOKEN_ELEMENTS, PAGE]: neighbouring threads take neighbouring keys
//   values: [page, kv head, PAGE, TOKEN_ELEMENTS]: neighbouring threads take neighbouring dimensions of one value
const HEAD_ELEMENTS: u32 = HEAD_DIM / 4u;
const TOKEN_ELEMENTS: u32 = HEAD_ELEMENTS + KV_SCALES;

// Element 0 of the key at `offset` in the page; element i lies i * PAGE further on.
fn key_at(page: u32, kv_heads: u32, kv_head: u32, offset: u32) -> u32 {
  return (page * kv_heads + kv_head) * TOKEN_ELEMENTS * PAGE + offset;
}

// Element 0 of the value at `offset` in the page; element i lies i further on.
fn value_at(page: u32, kv_heads: u32, kv_head: u32, offset: u32) -> u32 {
  return ((page * kv_heads + kv_head) * PAGE + offset) * TOKEN_ELEMENTS;
}
