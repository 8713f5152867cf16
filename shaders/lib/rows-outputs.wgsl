// One row of work for each output of the batch: the token rows whose logits are wanted.
fn row_count() -> u32 {
  return output_count();
}

fn source_row(row: u32) -> u32 {
  return output_row(row);
}
