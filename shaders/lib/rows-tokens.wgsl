// One row of work for each token of the batch.
fn row_count() -> u32 {
  return token_count();
}

fn source_row(row: u32) -> u32 {
  return row;
}
