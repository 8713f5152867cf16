/** The sums of each thread's chains. */
export function fmaChainRef(threads: number, rounds: number, factor: number, addend: number): Float32Array {
  return Float32Array.from({ length: threads }, (_, thread) => {
    let sum = 0;
    for (let chain = 0; chain < 4; chain++) {
      let value = thread + chain;
      for (let step = 0; step < 4 * rounds; step++) value = value * factor + addend;
      sum += 4 * value;
    }
    return sum;
  });
}
