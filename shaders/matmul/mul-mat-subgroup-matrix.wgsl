// Many tokens, on matrix units: a workgroup has a tile of ROWS × TOKENS, cut into ROW_PARTS × TOKEN_PARTS, each for one subgroup of
// 32, or for SPLITS of them that share K; a subgroup keeps its part in matrices of 16 × 16 sums, f32. In a step of STEP elements along
// K, weights are decoded into workgroup memory as f16, scaled, and x is brought beside them as f16. The kernel's entry point is
// written out in TypeScript: matrices in arrays, and offsets that are no constants, are several times slower.
// Moves rows * K * bytes per element for each TOKENS tokens, and x once for each ROWS rows. Capitals come from the kernel.
const SUBGROUP: u32 = 32u;
const TILE_PARTS: u32 = ROW_PARTS * TOKEN_PARTS;
const THREADS: u32 = TILE_PARTS * SPLITS * SUBGROUP;
const ROW_LINES: u32 = ROWS / ROW_PARTS;
const TOKEN_LINES: u32 = TOKENS / TOKEN_PARTS;
const CHUNKS: u32 = STEP / 8u; // of a line in a step; a thread brings the same one of some lines
const LINES: u32 = THREADS / CHUNKS; // that all threads bring at once
const SPLIT_CHUNKS: u32 = CHUNKS / SPLITS;
const STRIDE: u32 = SPLIT_CHUNKS * 8u + PADDING; // of a line, so that lines below each other lie in different banks

alias RightPlane = array<array<Half, ROW_LINES * STRIDE>, ROW_PARTS * SPLITS>;
alias LeftPlane = array<array<Half, TOKEN_LINES * STRIDE>, TOKEN_PARTS * SPLITS>;

// At the end: one matrix of SLOTS / SPLITS parts, the splits' one after another.
const HANDED: u32 = SLOTS / SPLITS;
var<workgroup> products: array<array<f32, 256>, SLOTS>;

const F16_LARGEST: f32 = 65504.0;
var<workgroup> beyond_f16: atomic<u32>; // bits of the tile's largest |x|, if f16 cannot hold it
var<workgroup> agreed_scale: f32;

struct Halves {
  a: vec4<Half>,
  b: vec4<Half>,
}

fn halves(c: Chunk, scale: f32) -> Halves {
  return Halves(as_half(c.a * scale), as_half(c.b * scale));
}

// Beyond K, weights are any, for x is 0 there.
fn weights_at(any_row: u32, any_block: u32, c: u32) -> Chunk {
  let row = min(any_row, params.rows - 1u);
  let block = min(any_block, params.blocks - 1u);
  return chunk(row * params.units_per_row, block, c, block_scale(row * params.scales_per_row, block));
}

fn x_at(any_token: u32, tokens: u32, block: u32, c: u32) -> Chunk {
  let at = (min(any_token, tokens - 1u) * params.blocks + block) * 8u + chunk_part(c);
  let inside = block < params.blocks;
  return Chunk(select(vec4(0.0), x[at], inside), select(vec4(0.0), x[at + CHUNK_SPAN], inside));
}

fn largest_of(c: Chunk) -> f32 {
  let four = max(abs(c.a), abs(c.b));
  return max(max(four.x, four.y), max(four.z, four.w));
}

// The power of two that brings a value of these bits to between 2^14 and 2^15; 1 for none.
fn scale_for(bits: u32) -> f32 {
  return select(bitcast<f32>(0x86000000u - (bits & 0x7f800000u)), 1.0, bits == 0u);
}

// Stores one matrix of some parts of the tile; row and token are those of its first element if it is of the first part.
fn hand_out(thread: u32, first_part: u32, first_row: u32, first_token: u32, tokens: u32, scale: f32) {
  for (var item = thread; item < HANDED * 128u; item += THREADS) {
    let slot = item / 128u;
    let part = first_part + slot;
    let at = item % 128u * 2u;
    var pair = vec2(0.0);
    for (var split = 0u; split < SPLITS; split++) {
      pair += vec2(products[slot + split * HANDED][at], products[slot + split * HANDED][at + 1u]);
    }
    let token = first_token + part / ROW_PARTS * TOKEN_LINES + at / 16u;
    if (token < tokens) {
      let row = first_row + part % ROW_PARTS * ROW_LINES + at % 16u;
      let last = params.rows - 1u;
      let a = adapted(token, params.first_row + min(row, last), pair.x / scale);
      let b = adapted(token, params.first_row + min(row + 1u, last), pair.y / scale);
      store_pair(token, row, a, b);
    }
  }
}
