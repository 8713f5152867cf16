import { LocalLLMError } from '../engine/protocol/errors.ts';

/** What is thrown, which must be an error of ours. */
export function caught(run: () => unknown): LocalLLMError {
  try {
    run();
  } catch (error) {
    if (error instanceof LocalLLMError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
