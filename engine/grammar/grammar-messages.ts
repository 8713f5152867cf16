/**
 * What crosses between the engine and a thread of grammars.
 *
 * @module
 */
import type { ErrorData } from '../protocol/errors.ts';
import type { AnswerRules } from './constraint-grammar.ts';

/** A model's tokens, once for each thread. */
export interface VocabularyData {
  /** All tokens' bytes, one after another; none for what no answer may have. */
  bytes: Uint8Array<ArrayBuffer>;
  /** [vocab] where each ends. */
  ends: Uint32Array<ArrayBuffer>;
  /** Tokens at which generation ends. */
  eogIds: readonly number[];
}

export type GrammarRequest =
  | { op: 'vocabulary'; id: number; vocabulary: VocabularyData }
  /** `marks`: characters that stand for control tokens, by the tokens' ids. */
  | { op: 'open'; id: number; grammar: number; rules: AnswerRules; marks: ReadonlyMap<number, string> }
  | { op: 'accept'; id: number; grammar: number; token: number }
  | { op: 'close'; id: number; grammar: number };

/** What may come next in an answer. */
export interface GrammarState {
  /** One bit a token (`shaders/sample/mask-logits.kernel.ts`). */
  mask: Uint32Array<ArrayBuffer>;
  /** Nothing may: the answer is complete. */
  ended: boolean;
}

export type GrammarReply =
  | { id: number; state?: GrammarState }
  /** `fatal`: the thread can no longer be trusted. */
  | { id: number; error: ErrorData; fatal: boolean };
