// Attention's queries where they are rotated and the cache holds the tokens' own keys and values (shaders/rope/rope-append.wgsl).
@group(0) @binding(3) var<storage, read> keys: array<KvElement>;
@group(0) @binding(4) var<storage, read> values: array<KvElement>;

const UNCACHED: u32 = 0u;

fn prepare(rows: Rows, thread: u32, newest: bool) -> Own {
  for (var i = thread; i < ROWS * HEAD_ELEMENTS; i += THREADS) {
    let row = i / HEAD_ELEMENTS;
    let element = i % HEAD_ELEMENTS;
    let used = min(row, rows.count - 1u);
    let at = token_of(rows, used) * (params.qkv_stride / 4u) + head_of(rows, used) * HEAD_ELEMENTS;
    queries[element * ROWS + row] = q[at + element] * params.scale;
  }
  return Own(vec4(LOWEST), 0.0, vec4(0.0));
}
