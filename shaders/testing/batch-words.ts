/**
 * A batch for the kernel tests, in the layout of `shaders/lib/batch.wgsl`.
 *
 * @module
 */
export interface TestToken {
  id?: number;
  position: number;
  slot: number;
  sequence: number;
}

export interface TestBatch {
  tokens: readonly TestToken[];
  outputs?: readonly number[];
  tiles?: readonly { firstToken: number; tokens: number; sequence: number }[];
  /** Physical page numbers of each sequence. */
  pages?: readonly (readonly number[])[];
}

export function batchWords({ tokens, outputs = [], tiles = [], pages = [] }: TestBatch): Uint32Array<ArrayBuffer> {
  const pagesPerSequence = Math.max(0, ...pages.map((p) => p.length));
  const tokensAt = 8;
  const tilesAt = tokensAt + tokens.length * 4;
  const outputsAt = tilesAt + tiles.length * 4;
  const pagesAt = outputsAt + outputs.length;
  const words = new Uint32Array(pagesAt + pages.length * pagesPerSequence);
  words.set([tokens.length, outputs.length, tiles.length, pagesPerSequence, tokensAt, tilesAt, outputsAt, pagesAt]);
  tokens.forEach((t, i) => words.set([t.id ?? 0, t.position, t.slot, t.sequence], tokensAt + i * 4));
  tiles.forEach((t, i) => words.set([t.firstToken, t.tokens, t.sequence, 0], tilesAt + i * 4));
  words.set(outputs, outputsAt);
  pages.forEach((list, i) => words.set(list, pagesAt + i * pagesPerSequence));
  return words;
}

/** Tokens whose positions and slots do not matter. */
export function plainTokens(count: number): TestToken[] {
  return Array.from({ length: count }, (_, position) => ({ position, slot: position, sequence: 0 }));
}
