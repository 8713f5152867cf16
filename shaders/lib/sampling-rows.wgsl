// How the token of each output row is drawn, as the runtime writes it (shaders/sample/sampling-rows.ts): ROW_WORDS words a row.
const ROW_WORDS: u32 = 80u;
const ROW_FLAGS: u32 = 0u;
const ROW_SEED: u32 = 1u;
const ROW_TOP_K: u32 = 2u;
const ROW_TOP_P: u32 = 3u; // f32
const ROW_MIN_P: u32 = 4u; // f32
const ROW_INVERSE_TEMPERATURE: u32 = 5u; // f32
const ROW_REPETITION: u32 = 6u; // f32
const ROW_PRESENCE: u32 = 7u; // f32
const ROW_FREQUENCY: u32 = 8u; // f32
const ROW_HISTORY_COUNT: u32 = 9u; // tokens ever put into the history; it keeps the last HISTORY of them
const ROW_HISTORY_AT: u32 = 16u;
const HISTORY: u32 = 64u;

const FLAG_DRAWS: u32 = 1u; // at a temperature; else the most likely token is taken
const FLAG_PENALIZES: u32 = 2u;
const FLAG_DONE: u32 = 4u; // has taken a token that ends the answer
const FLAG_MASKED: u32 = 8u; // may take only the tokens of its mask

fn row_word(row: u32, word: u32) -> u32 {
  return rows[row * ROW_WORDS + word];
}

fn row_float(row: u32, word: u32) -> f32 {
  return bitcast<f32>(rows[row * ROW_WORDS + word]);
}

fn row_has(row: u32, flag: u32) -> bool {
  return (rows[row * ROW_WORDS + ROW_FLAGS] & flag) != 0u;
}
