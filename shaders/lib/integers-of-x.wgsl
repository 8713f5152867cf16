// Activations as integers of 16 bits, four neighbouring threads a block of 32, 8 elements each.
const LARGEST: f32 = 32512.0; // 127 * 256: the upper byte, rounded, is one of a signed byte
const ROUND: f32 = 12582912.0; // 1.5 * 2 ** 23: added to a small number, its mantissa ends in the nearest integer
const ROUND_BITS: i32 = 0x4b400000;
const SMALLEST: f32 = 0x1p-100; // largest of a block that is not zeros

// A thread's share of a block: for the first of two threads the upper bytes of their 16 elements, for the second the lower ones.
struct Share {
  bytes: vec4<u32>,
  step_and_sums: vec4<f32>, // step, sums of the first and the last 16: valid in the first of the four threads
}

// `a`, `b`: 8 activations. NaN and infinity make the step one of them, so that no product hides them.
fn to_integers(thread: u32, a: vec4<f32>, b: vec4<f32>) -> Share {
  // As unsigned numbers: those are in the floats' order, above them infinity, above it NaN.
  let both = max(bitcast<vec4<u32>>(abs(a)), bitcast<vec4<u32>>(abs(b)));
  var largest_bits = max(max(both.x, both.y), max(both.z, both.w));
  largest_bits = max(largest_bits, subgroupShuffleXor(largest_bits, 1u));
  largest_bits = max(largest_bits, subgroupShuffleXor(largest_bits, 2u));
  let largest = bitcast<f32>(largest_bits);
  let scale = vec4(select(0.0, LARGEST / largest, largest > SMALLEST));
  let m = bitcast<vec4<i32>>(a * scale + ROUND) - ROUND_BITS;
  let n = bitcast<vec4<i32>>(b * scale + ROUND) - ROUND_BITS;
  let four = m + n;
  var sum = (four.x + four.y) + (four.z + four.w);
  sum += subgroupShuffleXor(sum, 1u);
  let other_sum = subgroupShuffleXor(sum, 2u);

  let upper = vec2(pack4xI8((m + 128) >> vec4(8u)), pack4xI8((n + 128) >> vec4(8u)));
  let lower = vec2(pack4xI8(m), pack4xI8(n));
  let first = (thread & 1u) == 0u;
  let theirs = subgroupShuffleXor(select(upper, lower, first), 1u);
  let step = largest / LARGEST;
  return Share(
    select(vec4(theirs, lower), vec4(upper, theirs), first),
    vec4(step, step * f32(sum), step * f32(other_sum), 0.0),
  );
}
