/** Throws unless |actual − expected| ≤ tolerance · (1 + |expected|) for every value; names the worst one. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  if (actual.length !== expected.length) {
    throw new Error(`${actual.length} values where ${expected.length} are expected`);
  }
  let worst = -1;
  let worstError = tolerance;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!) / (1 + Math.abs(expected[i]!));
    if (error <= worstError) continue; // NaN falls through
    worst = i;
    worstError = Number.isNaN(error) ? Infinity : error;
  }
  if (worst >= 0) {
    throw new Error(
      `value ${worst} is ${actual[worst]} and should be ${expected[worst]} (error ${worstError}, allowed ${tolerance})`,
    );
  }
}
