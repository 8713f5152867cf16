/**
 * `globalThis.LanguageModel`, for sites where the person wants pages written for the browser's own to find this one.
 *
 * @module
 */
import type { LocalLLM } from './local-llm.ts';
import { LanguageModelToolCall, LanguageModelToolError, LanguageModelToolSuccess } from './tool-values.ts';

const { defineProperty } = Object;

/** Installs the class and those of its values where the page has no `LanguageModel` yet. Tells whether it did. */
export function installGlobal({ LanguageModel }: Pick<LocalLLM, 'LanguageModel'>): boolean {
  if ('LanguageModel' in globalThis) return false;
  const values = { LanguageModel, LanguageModelToolCall, LanguageModelToolSuccess, LanguageModelToolError };
  for (const [name, value] of Object.entries(values)) {
    // As interfaces of the browser: a page may replace them, and loops over the window do not meet them.
    defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
  return true;
}
