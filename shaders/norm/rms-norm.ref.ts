/** RMSNorm of each row of `x` `[rows, width]` in f64. Returns a new array. */
export function rmsNormRef(x: Float32Array, weight: Float32Array, eps: number): Float32Array {
  const width = weight.length;
  const h = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += width) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += x[at + i]! ** 2;
    const scale = 1 / Math.sqrt(squares / width + eps);
    for (let i = 0; i < width; i++) h[at + i] = x[at + i]! * scale * weight[i]!;
  }
  return h;
}
