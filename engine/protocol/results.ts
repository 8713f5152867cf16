/**
 * What is told of an answer beside its text.
 *
 * @module
 */
export interface TokenLogprob {
  id: number;
  text: string;
  /** Natural logarithm. */
  logprob: number;
  /** The most likely tokens at this position, best first. */
  top: { id: number; text: string; logprob: number }[];
}
export interface Usage {
  promptTokens: number;
  /** Prompt tokens whose KV was reused from this session. */
  cachedTokens: number;
  completionTokens: number;
}
/** Times and speed of one answer, for whoever may see them (never an ungranted page). */
export interface Timing {
  /** From the request's arrival at the host to its first token, milliseconds. */
  ttftMs: number;
  /** Decode speed after the first token. */
  tokensPerSecond: number;
}
