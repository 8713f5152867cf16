// Levels stand for the integers of a table, which is a polynomial of (level - 7.5), rounded: CURVE_0 … CURVE_4 are its
// coefficients. A table in memory would cost a dependent load for each element, a table in registers is slow on many drivers.
const DOWN = vec4<f32>(1.0);

fn widen(word: u32) -> vec4<f32> {
  let t = vec4<f32>(vec4(bitcast<i32>(word)) & LEVEL_BITS) * IN_PLACE - 7.5;
  return round((((CURVE_4 * t + CURVE_3) * t + CURVE_2) * t + CURVE_1) * t + CURVE_0);
}
