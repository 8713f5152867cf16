/** The exclusive or of the words that each of `threads` threads reads. */
export function streamReadRef(x: Uint32Array, threads: number): Uint32Array {
  const folds = new Uint32Array(threads);
  x.forEach((word, i) => (folds[Math.floor(i / 4) % threads]! ^= word));
  return folds;
}
