import { PAGE } from '../attention/kv-layout.ts';
import type { TestPart, TestToken } from '../testing/batch-words.ts';

export interface DecodeBatch {
  /** One of each sequence. */
  tokens: Required<TestToken>[];
  pages: number[][];
  parts: TestPart[];
}

/** The next step's batch; sequences whose pick is among `stops` stay, their parts without tokens. */
export function advanceRef({ tokens, pages, parts }: DecodeBatch, picks: number[], stops: number[]): DecodeBatch {
  const ends = (i: number) => stops.includes(picks[i]!);
  return {
    pages,
    tokens: tokens.map((token, i) => {
      if (ends(i)) return token;
      const position = token.position + 1;
      const slot = pages[i]![Math.floor(position / PAGE)]! * PAGE + (position % PAGE);
      return { id: picks[i]!, position, slot };
    }),
    parts: parts.map((part, i) => ({ ...part, starts: false, tokens: ends(i) ? 0 : part.tokens })),
  };
}
