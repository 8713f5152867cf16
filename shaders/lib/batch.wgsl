// The ragged batch of one forward, as the runtime writes it (engine/runtime/batch.ts): a header of offsets, then the sections.
//   tokens:  [T] of 3 words: token id, position, KV slot (page * PAGE + offset)
//   tiles:   [tiles] of 4 words: first token, tokens (consecutive positions of one sequence), sequence, 0
//   outputs: [R] token rows whose logits are wanted
//   pages:   [sequences, pages per sequence] physical page numbers
//   parts:   [sequences] of 4 words: first token, tokens, state slot, 1 where the part starts its sequence (else 0)
@group(0) @binding(1) var<storage, read> batch: array<u32>;

const HEADER_TOKENS: u32 = 0u; // T
const HEADER_OUTPUTS: u32 = 1u; // R
const HEADER_TILES: u32 = 2u;
const HEADER_PAGES_PER_SEQUENCE: u32 = 3u;
const HEADER_TOKENS_AT: u32 = 4u;
const HEADER_TILES_AT: u32 = 5u;
const HEADER_OUTPUTS_AT: u32 = 6u;
const HEADER_PAGES_AT: u32 = 7u;
const HEADER_PARTS: u32 = 8u;
const HEADER_PARTS_AT: u32 = 9u;

fn token_count() -> u32 {
  return batch[HEADER_TOKENS];
}

fn output_count() -> u32 {
  return batch[HEADER_OUTPUTS];
}

fn token_id(token: u32) -> u32 {
  return batch[batch[HEADER_TOKENS_AT] + token * 3u];
}

fn token_position(token: u32) -> u32 {
  return batch[batch[HEADER_TOKENS_AT] + token * 3u + 1u];
}

fn token_slot(token: u32) -> u32 {
  return batch[batch[HEADER_TOKENS_AT] + token * 3u + 2u];
}

fn output_row(output: u32) -> u32 {
  return batch[batch[HEADER_OUTPUTS_AT] + output];
}

struct Tile {
  first_token: u32,
  tokens: u32,
  sequence: u32,
}

fn tile_at(index: u32) -> Tile {
  let at = batch[HEADER_TILES_AT] + index * 4u;
  return Tile(batch[at], batch[at + 1u], batch[at + 2u]);
}

struct Part {
  first_token: u32,
  tokens: u32,
  state_slot: u32,
  starts: bool, // at position 0: whatever the slot holds counts as zero
}

fn part_at(index: u32) -> Part {
  let at = batch[HEADER_PARTS_AT] + index * 4u;
  return Part(batch[at], batch[at + 1u], batch[at + 2u], batch[at + 3u] != 0u);
}

fn page_at(sequence: u32, index: u32) -> u32 {
  return batch[batch[HEADER_PAGES_AT] + sequence * batch[HEADER_PAGES_PER_SEQUENCE] + index];
}
