/**
 * The options of `LanguageModel.create()` and `availability()`, checked.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { GenerateParams, Message } from '../protocol/messages.ts';
import { isAbortSignal } from './abort.ts';
import type { LanguageModelCreateOptions, LanguageModelSamplingMode } from './language-model-types.ts';
import { fieldsOf, listOf, readPrompt, stringOf } from './session-input.ts';
import { readTools } from './session-tools.ts';
import type { SessionTools } from './session-tools.ts';

const { getCanonicalLocales } = Intl;

/** Temperatures; where there is none, the model's own sampling. */
const SAMPLING: Record<LanguageModelSamplingMode, Pick<GenerateParams, 'temperature'>> = {
  'most-predictable': { temperature: 0 },
  predictable: { temperature: 0.2 },
  'slightly-predictable': { temperature: 0.5 },
  balanced: {},
  'slightly-creative': { temperature: 1 },
  creative: { temperature: 1.2 },
  'most-creative': { temperature: 1.5 },
};
const TYPES = ['text', 'image', 'audio', 'tool-call', 'tool-response'];
const INPUT_TYPES = ['text', 'tool-call', 'tool-response'];
const OUTPUT_TYPES = ['text', 'tool-call'];

export interface SessionOptions {
  initial: Message[];
  tools: SessionTools;
  /** Types that inputs may have. */
  types: ReadonlySet<string>;
  samplingMode: LanguageModelSamplingMode;
  sampling: GenerateParams;
  /** A type that no model here takes or gives. */
  unsupported: string | undefined;
  signal: AbortSignal | undefined;
  monitor: LanguageModelCreateOptions['monitor'];
}

const bad = (message: string): LocalLLMError => new LocalLLMError('bad-argument', message);

/**
 * `topK` and `temperature` of older drafts are let be, as in browsers: pages choose a `samplingMode`.
 * @throws LocalLLMError bad-argument or not-supported; RangeError for a malformed language tag
 */
export function readSessionOptions(given: unknown): SessionOptions {
  const options = given === undefined ? {} : fieldsOf(given, 'options');
  const { samplingMode = 'balanced', signal, monitor, initialPrompts } = options;
  if (!Object.hasOwn(SAMPLING, samplingMode as string)) {
    throw bad(
      `options.samplingMode: expected ${Object.keys(SAMPLING).join(', ')} but received ${String(samplingMode)}`,
    );
  }
  if (monitor !== undefined && typeof monitor !== 'function') {
    throw bad(`options.monitor: expected a function but received ${typeof monitor}`);
  }
  const inputs = readExpected(options['expectedInputs'], 'options.expectedInputs');
  const outputs = readExpected(options['expectedOutputs'], 'options.expectedOutputs');
  const types = new Set(inputs);
  const prompts = initialPrompts === undefined ? [] : listOf(initialPrompts, 'options.initialPrompts', 'an array');
  return {
    initial: prompts.length > 0 ? readPrompt(prompts, { prefix: false, types, path: 'options.initialPrompts' }) : [],
    tools: readTools(options['tools'], outputs.includes('tool-call')),
    types,
    samplingMode: samplingMode as LanguageModelSamplingMode,
    // An answer is the answer alone: models that think do so only where a page asks for it, with `generate()`.
    sampling: { ...SAMPLING[samplingMode as LanguageModelSamplingMode], thinking: false },
    unsupported:
      inputs.find((type) => !INPUT_TYPES.includes(type)) ?? outputs.find((type) => !OUTPUT_TYPES.includes(type)),
    signal: readSignal(signal),
    monitor: monitor as LanguageModelCreateOptions['monitor'],
  };
}

/** @throws LocalLLMError bad-argument */
export function readSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || isAbortSignal(signal)) return signal;
  throw bad(`options.signal: expected an AbortSignal but received ${signal === null ? 'null' : typeof signal}`);
}

function readExpected(value: unknown, path: string): string[] {
  if (value === undefined) return [];
  return listOf(value, path, 'an array').map((each, at) => {
    const { type, languages } = fieldsOf(each, `${path}.${at}`);
    if (!TYPES.includes(type as string)) {
      throw bad(`${path}.${at}.type: expected ${TYPES.join(', ')} but received ${String(type)}`);
    }
    // Models here know languages to their own extent: tags are only checked.
    const tags = languages === undefined ? [] : listOf(languages, `${path}.${at}.languages`, 'an array');
    getCanonicalLocales(tags.map((tag, index) => stringOf(tag, `${path}.${at}.languages.${index}`)));
    return type as string;
  });
}
