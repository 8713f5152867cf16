// Many tokens: SIDE × SIDE threads share a tile of 8 SIDE rows × 8 SIDE tokens, each with 8 × 8 sums in registers, and SPLITS such
// groups share K: a workgroup of 128 threads. In a step, weights of TILE rows are decoded into workgroup memory (f32, scaled)
// with x of TILE tokens beside them (8 KiB each); what the next step needs is fetched before a step's products.
// Moves rows * K * bytes per element for each TILE tokens, and x once for each TILE rows. SIDE comes from the kernel.
const TILE: u32 = 8u * SIDE; // rows, and tokens
const THREADS: u32 = 128u;
const SPLITS: u32 = THREADS / (SIDE * SIDE);
const TILE_PARTS: u32 = 512u / TILE; // vec4s along K in a step: one or two blocks
const SPLIT_PARTS: u32 = TILE_PARTS / SPLITS; // 2 or 4
const TILE_CHUNKS: u32 = TILE_PARTS / 2u;
const TILE_BLOCKS: u32 = TILE_PARTS / 8u;

// Weights [TILE_PARTS, TILE], then x [TILE_PARTS, TILE]: places in a part are turned so that what neighbours write lies in different banks.
// At the end: sums on their way from one group to another.
const X: u32 = TILE_PARTS * TILE;
var<workgroup> staged: array<vec4<f32>, 2u * X>;

// What a thread brings to a step.
struct Fetched {
  w0: Chunk,
  w1: Chunk,
  x0: vec4<f32>,
  x1: vec4<f32>,
  x2: vec4<f32>,
  x3: vec4<f32>,
}

// Of 8 rows: a holds the first 4 tokens, b the last.
struct Sums {
  a0: vec4<f32>,
  a1: vec4<f32>,
  a2: vec4<f32>,
  a3: vec4<f32>,
  a4: vec4<f32>,
  a5: vec4<f32>,
  a6: vec4<f32>,
  a7: vec4<f32>,
  b0: vec4<f32>,
  b1: vec4<f32>,
  b2: vec4<f32>,
  b3: vec4<f32>,
  b4: vec4<f32>,
  b5: vec4<f32>,
  b6: vec4<f32>,
  b7: vec4<f32>,
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let first_row = (workgroup.x + workgroup.y * workgroups.x) * TILE;
  let first_token = workgroup.z * TILE;
  // Of 16 neighbours, pairs read the same weights and others the same x.
  let tx = thread / 2u % SIDE;
  let ty = thread / (2u * SIDE) % (SIDE / 2u) * 2u + thread % 2u;
  let split = thread / (SIDE * SIDE);
  let part = split * SPLIT_PARTS;

  var sums: Sums;
  var next = fetch(first_row, first_token, 0u, thread);
  for (var block = 0u; block < params.blocks; block += TILE_BLOCKS) {
    workgroupBarrier();
    stage(next, thread);
    workgroupBarrier();
    next = fetch(first_row, first_token, block + TILE_BLOCKS, thread);
    multiply(part, tx, ty, &sums);
    multiply(part + 1u, tx, ty, &sums);
    if (SPLIT_PARTS == 4u) {
      multiply(part + 2u, tx, ty, &sums);
      multiply(part + 3u, tx, ty, &sums);
    }
  }
  // Each half of the groups hands its sums to the other half; what the last one has goes to all, to be stored.
  for (var half = SPLITS / 2u; ; half /= 2u) {
    let sharing = max(half, 1u) * SIDE * SIDE;
    workgroupBarrier();
    if (split >= half && split < max(2u * half, 1u)) {
      pass_on(thread % sharing, sharing, sums);
    }
    workgroupBarrier();
    if (half == 0u) {
      break;
    }
    if (split < half) {
      take_over(thread % sharing, sharing, &sums);
    }
  }
  let tokens = batch[params.count_at];
  for (var item = thread; item < TILE * TILE / 2u; item += THREADS) {
    let pair = item % (TILE / 2u);
    let token = item / (TILE / 2u);
    let owner = pair % SIDE * 2u + token % 2u + token % SIDE / 2u * 2u * SIDE;
    let at = owner + (pair / SIDE * 2u + token / (4u * SIDE) * 8u) * SIDE * SIDE;
    let which = token / SIDE % 4u;
    if (first_token + token < tokens) {
      let row = first_row + 2u * pair;
      let last = params.rows - 1u;
      let a = adapted(first_token + token, params.first_row + min(row, last), staged[at][which]);
      let b = adapted(first_token + token, params.first_row + min(row + 1u, last), staged[at + SIDE * SIDE][which]);
      store_pair(first_token + token, row, a, b);
    }
  }
}

fn fetch(first_row: u32, first_token: u32, block: u32, thread: u32) -> Fetched {
  return Fetched(
    fetch_weights(first_row, block, thread),
    fetch_weights(first_row, block, thread + THREADS),
    fetch_x(first_token, block, thread),
    fetch_x(first_token, block, thread + THREADS),
    fetch_x(first_token, block, thread + 2u * THREADS),
    fetch_x(first_token, block, thread + 3u * THREADS),
  );
}

// The rows of a thread's products come in neighbouring pairs, pairs of neighbouring threads beside each other.
fn fetch_weights(first_row: u32, first_block: u32, item: u32) -> Chunk {
  let place = item / TILE_CHUNKS;
  let row = min(first_row + place / (2u * SIDE) * 2u * SIDE + place % SIDE * 2u + place / SIDE % 2u, params.rows - 1u);
  let block = first_block + item % TILE_CHUNKS / 4u;
  let w = chunk(row * params.units_per_row, block, item % 4u, block_scale(row * params.scales_per_row, block));
  return Chunk(zero_beyond(w.a, block), zero_beyond(w.b, block));
}

fn fetch_x(first_token: u32, first_block: u32, item: u32) -> vec4<f32> {
  let token = first_token + item / TILE_PARTS;
  let block = first_block + item % TILE_PARTS / 8u;
  let part = chunk_part(item % 8u / 2u) + item % 2u * CHUNK_SPAN;
  return zero_beyond(x[(token * params.blocks + block) * 8u + part], block);
}

// In steps of two blocks the last may be half of one. No branch: loads behind branches wait for each other.
fn zero_beyond(v: vec4<f32>, block: u32) -> vec4<f32> {
  return select(vec4(0.0), v, TILE_BLOCKS == 1u || block < params.blocks);
}

fn stage(fetched: Fetched, thread: u32) {
  stage_weights(fetched.w0, thread);
  stage_weights(fetched.w1, thread + THREADS);
  stage_x(fetched.x0, thread);
  stage_x(fetched.x1, thread + THREADS);
  stage_x(fetched.x2, thread + 2u * THREADS);
  stage_x(fetched.x3, thread + 3u * THREADS);
}

fn stage_weights(w: Chunk, item: u32) {
  let part = item % TILE_CHUNKS * 2u;
  let place = item / TILE_CHUNKS;
  staged[part * TILE + (place ^ turn(part))] = w.a;
  staged[(part + 1u) * TILE + (place ^ turn(part + 1u))] = w.b;
}

fn stage_x(v: vec4<f32>, item: u32) {
  let part = item % TILE_PARTS;
  staged[X + part * TILE + ((item / TILE_PARTS) ^ turn(part))] = v;
}

fn turn(part: u32) -> u32 {
  return part * SIDE / 8u % SIDE;
}

fn multiply(part: u32, tx: u32, ty: u32, sums: ptr<function, Sums>) {
  let w = part * TILE + (tx ^ turn(part));
  let v = X + part * TILE + (ty ^ turn(part));
  let v0 = staged[v];
  let v1 = staged[v + SIDE];
  let v2 = staged[v + 2u * SIDE];
  let v3 = staged[v + 3u * SIDE];
  let v4 = staged[v + 4u * SIDE];
  let v5 = staged[v + 5u * SIDE];
  let v6 = staged[v + 6u * SIDE];
  let v7 = staged[v + 7u * SIDE];
  let w0 = staged[w];
  (*sums).a0 = add_products((*sums).a0, w0, v0, v1, v2, v3);
  (*sums).b0 = add_products((*sums).b0, w0, v4, v5, v6, v7);
  let w1 = staged[w + SIDE];
  (*sums).a1 = add_products((*sums).a1, w1, v0, v1, v2, v3);
  (*sums).b1 = add_products((*sums).b1, w1, v4, v5, v6, v7);
  let w2 = staged[w + 2u * SIDE];
  (*sums).a2 = add_products((*sums).a2, w2, v0, v1, v2, v3);
  (*sums).b2 = add_products((*sums).b2, w2, v4, v5, v6, v7);
  let w3 = staged[w + 3u * SIDE];
  (*sums).a3 = add_products((*sums).a3, w3, v0, v1, v2, v3);
  (*sums).b3 = add_products((*sums).b3, w3, v4, v5, v6, v7);
  let w4 = staged[w + 4u * SIDE];
  (*sums).a4 = add_products((*sums).a4, w4, v0, v1, v2, v3);
  (*sums).b4 = add_products((*sums).b4, w4, v4, v5, v6, v7);
  let w5 = staged[w + 5u * SIDE];
  (*sums).a5 = add_products((*sums).a5, w5, v0, v1, v2, v3);
  (*sums).b5 = add_products((*sums).b5, w5, v4, v5, v6, v7);
  let w6 = staged[w + 6u * SIDE];
  (*sums).a6 = add_products((*sums).a6, w6, v0, v1, v2, v3);
  (*sums).b6 = add_products((*sums).b6, w6, v4, v5, v6, v7);
  let w7 = staged[w + 7u * SIDE];
  (*sums).a7 = add_products((*sums).a7, w7, v0, v1, v2, v3);
  (*sums).b7 = add_products((*sums).b7, w7, v4, v5, v6, v7);
}

fn add_products(sum: vec4<f32>, w: vec4<f32>, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>) -> vec4<f32> {
  return vec4(add_product(sum.x, w, a), add_product(sum.y, w, b), add_product(sum.z, w, c), add_product(sum.w, w, d));
}

fn add_product(sum: f32, w: vec4<f32>, v: vec4<f32>) -> f32 {
  return fma(w.x, v.x, fma(w.y, v.y, fma(w.z, v.z, fma(w.w, v.w, sum))));
}

fn pass_on(place: u32, stride: u32, sums: Sums) {
  staged[place] = sums.a0;
  staged[place + stride] = sums.a1;
  staged[place + 2u * stride] = sums.a2;
  staged[place + 3u * stride] = sums.a3;
  staged[place + 4u * stride] = sums.a4;
  staged[place + 5u * stride] = sums.a5;
  staged[place + 6u * stride] = sums.a6;
  staged[place + 7u * stride] = sums.a7;
  staged[place + 8u * stride] = sums.b0;
  staged[place + 9u * stride] = sums.b1;
  staged[place + 10u * stride] = sums.b2;
  staged[place + 11u * stride] = sums.b3;
  staged[place + 12u * stride] = sums.b4;
  staged[place + 13u * stride] = sums.b5;
  staged[place + 14u * stride] = sums.b6;
  staged[place + 15u * stride] = sums.b7;
}

fn take_over(place: u32, stride: u32, sums: ptr<function, Sums>) {
  (*sums).a0 += staged[place];
  (*sums).a1 += staged[place + stride];
  (*sums).a2 += staged[place + 2u * stride];
  (*sums).a3 += staged[place + 3u * stride];
  (*sums).a4 += staged[place + 4u * stride];
  (*sums).a5 += staged[place + 5u * stride];
  (*sums).a6 += staged[place + 6u * stride];
  (*sums).a7 += staged[place + 7u * stride];
  (*sums).b0 += staged[place + 8u * stride];
  (*sums).b1 += staged[place + 9u * stride];
  (*sums).b2 += staged[place + 10u * stride];
  (*sums).b3 += staged[place + 11u * stride];
  (*sums).b4 += staged[place + 12u * stride];
  (*sums).b5 += staged[place + 13u * stride];
  (*sums).b6 += staged[place + 14u * stride];
  (*sums).b7 += staged[place + 15u * stride];
}
