/**
 * A batch for the kernel tests, in the layout of `shaders/lib/batch.wgsl`.
 *
 * @module
 */
const HEADER_WORDS = 10;
const TOKEN_WORDS = 3;

export interface TestToken {
  id?: number;
  position: number;
  slot: number;
}

export interface TestPart {
  firstToken: number;
  tokens: number;
  slot: number;
  starts: boolean;
}

export interface TestBatch {
  tokens: readonly TestToken[];
  outputs?: readonly number[];
  tiles?: readonly { firstToken: number; tokens: number; sequence: number }[];
  /** Physical page numbers of each sequence. */
  pages?: readonly (readonly number[])[];
  parts?: readonly TestPart[];
}

export function batchWords({
  tokens,
  outputs = [],
  tiles = [],
  pages = [],
  parts = [],
}: TestBatch): Uint32Array<ArrayBuffer> {
  const pagesPerSequence = Math.max(0, ...pages.map((p) => p.length));
  const tokensAt = HEADER_WORDS;
  const tilesAt = tokensAt + tokens.length * TOKEN_WORDS;
  const outputsAt = tilesAt + tiles.length * 4;
  const pagesAt = outputsAt + outputs.length;
  const partsAt = pagesAt + pages.length * pagesPerSequence;
  const words = new Uint32Array(partsAt + parts.length * 4);
  words.set([tokens.length, outputs.length, tiles.length, pagesPerSequence]);
  words.set([tokensAt, tilesAt, outputsAt, pagesAt, parts.length, partsAt], 4);
  tokens.forEach((t, i) => words.set([t.id ?? 0, t.position, t.slot], tokensAt + i * TOKEN_WORDS));
  tiles.forEach((t, i) => words.set([t.firstToken, t.tokens, t.sequence, 0], tilesAt + i * 4));
  words.set(outputs, outputsAt);
  pages.forEach((list, i) => words.set(list, pagesAt + i * pagesPerSequence));
  parts.forEach((p, i) => words.set([p.firstToken, p.tokens, p.slot, p.starts ? 1 : 0], partsAt + i * 4));
  return words;
}

/** Tokens whose positions and slots do not matter. */
export function plainTokens(count: number): TestToken[] {
  return Array.from({ length: count }, (_, position) => ({ position, slot: position }));
}
