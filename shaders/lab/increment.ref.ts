export const incrementRef = (counts: Uint32Array): Uint32Array => counts.map((count) => count + 1);
