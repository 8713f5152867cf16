/**
 * The architectures this engine runs, by `general.architecture`.
 *
 * @module
 */
import { isAdapter } from '../gguf/adapter.ts';
import type { GgufFile } from '../gguf/parse.ts';
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import type { Architecture } from './architecture.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import { granite } from './granite.ts';
import { llama } from './llama.ts';
import { olmo2 } from './olmo2.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { qwen35 } from './qwen35.ts';
import { smollm3 } from './smollm3.ts';

/** Each reads its own hyper-parameters, which nobody else looks into. */
const ARCHITECTURES = [
  llama,
  qwen2,
  qwen3,
  gemma2,
  gemma3,
  phi3,
  smollm3,
  granite,
  olmo2,
  qwen35,
] as readonly Architecture[];

export const ARCHITECTURE_NAMES: readonly string[] = ARCHITECTURES.map((a) => a.name);

/** @throws LocalLLMError not-supported, naming the architecture and those that are; of an adapter */
export function architectureOf(file: GgufFile): Architecture {
  const name = file.metadata.string('general.architecture');
  if (isAdapter(file)) {
    throw new LocalLLMError(
      'not-supported',
      `The file is an adapter, which cannot run by itself. Attach it to a model of the architecture ${quoted(name)}.`,
    );
  }
  const found = ARCHITECTURES.find((a) => a.name === name);
  if (found) return found;
  const known = ARCHITECTURE_NAMES.join(', ');
  throw new LocalLLMError(
    'not-supported',
    `The model's architecture ${quoted(name)} is not supported. Supported: ${known}.`,
  );
}
