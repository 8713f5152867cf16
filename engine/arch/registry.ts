/**
 * The architectures this engine runs, by `general.architecture`.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { Architecture } from './architecture.ts';
import { llama } from './llama.ts';

const ARCHITECTURES: readonly Architecture[] = [llama];

/** @throws LocalLLMError not-supported, naming the architecture and those that are */
export function architectureOf(file: GgufFile): Architecture {
  const name = file.metadata.string('general.architecture');
  const found = ARCHITECTURES.find((a) => a.name === name);
  if (found) return found;
  const known = ARCHITECTURES.map((a) => a.name).join(', ');
  throw new LocalLLMError('not-supported', `The model's architecture "${name}" is not supported. Supported: ${known}.`);
}
