import { best, type RankedLogit } from './top-k-scan.ref.ts';

/** The `kept` best of each `chunk` candidates, chunk after chunk. */
export function topKMergeRef(candidates: readonly RankedLogit[], chunk: number, kept: number): RankedLogit[] {
  const result: RankedLogit[] = [];
  for (let at = 0; at < candidates.length; at += chunk) result.push(...best(candidates.slice(at, at + chunk), kept));
  return result;
}
