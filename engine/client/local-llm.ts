/**
 * `window.localLLM`: the frozen object that a page gets. It checks arguments, and speaks in DOMExceptions.
 *
 * @module
 */
import { checkTextSize, parseChecked } from '../protocol/checks.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { GenerateParamsSchema, InputSchema } from '../protocol/messages.ts';
import type { Availability, GenerateParams, GenerateResult, Input } from '../protocol/messages.ts';
import { isAbortSignal } from './abort.ts';
import type { PageClient } from './page-client.ts';
import { toConstraint } from './constraint.ts';
import { createLanguageModel } from './language-model.ts';
import type { LanguageModelStatic } from './language-model-types.ts';
import { toPageError } from './page-errors.ts';
import { mapStreamErrors } from './stream.ts';
import type { GenerateStream } from './stream.ts';

const { freeze } = Object;

export interface GenerateOptions extends Omit<GenerateParams, 'logitBias' | 'responseConstraint'> {
  /** Added to the logit of each token id. */
  logitBias?: Record<number, number> | undefined;
  /** A JSON Schema that the answer validates against, or a regular expression that it matches as a whole. */
  responseConstraint?: object | RegExp | undefined;
  signal?: AbortSignal | undefined;
}

export interface LocalLLM {
  readonly apiVersion: 1;
  /** Asks nothing. A page without a grant learns only 'available' or 'unavailable'. */
  availability(): Promise<Availability>;
  /** The whole answer. Without a grant the person is asked once, if the page has user activation. */
  generate(input: Input, options?: GenerateOptions): Promise<GenerateResult>;
  /** The answer as it is made. A bad argument throws at once; everything else arrives through the stream and `result`. */
  generateStreaming(input: Input, options?: GenerateOptions): GenerateStream;
  /** The Prompt API's class: sessions that remember. */
  readonly LanguageModel: LanguageModelStatic;
  readonly permissions: {
    /** Asks nothing. */
    query(): Promise<PermissionState>;
    request(): Promise<PermissionState>;
  };
}

interface Checked {
  input: Input;
  params: GenerateParams;
  signal: AbortSignal | undefined;
}

/** The page's view of a client. */
export function createLocalLLM(client: PageClient): LocalLLM {
  const permissions: LocalLLM['permissions'] = {
    query: async () => asPageCall(() => client.permissions.query()),
    request: async () => asPageCall(() => client.permissions.request()),
  };
  const localLLM: LocalLLM = {
    apiVersion: 1,
    availability: async () => asPageCall(() => client.availability()),
    async generate(input, options) {
      const checked = check('generate', input, options);
      return asPageCall(() => client.answer(checked.input, withSignal(checked)), checked.signal);
    },
    generateStreaming(input, options) {
      const checked = check('generateStreaming', input, options);
      const stream = client.generate(checked.input, withSignal(checked));
      return mapStreamErrors(stream, (error) => toPageError(error, checked.signal));
    },
    LanguageModel: createLanguageModel(client),
    permissions,
  };
  for (const part of [...Object.values(permissions), ...Object.values(localLLM)]) freeze(part);
  return freeze(localLLM);
}

async function asPageCall<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toPageError(error, signal);
  }
}

function withSignal({ params, signal }: Checked): GenerateParams & { signal?: AbortSignal } {
  return signal ? { ...params, signal } : params;
}

/** @throws TypeError or DOMException, ready for the page */
function check(method: string, input: unknown, options: unknown): Checked {
  try {
    if (options !== undefined && (typeof options !== 'object' || options === null)) {
      throw new LocalLLMError(
        'bad-argument',
        `options: expected an object but received ${options === null ? 'null' : typeof options}`,
      );
    }
    const { signal, responseConstraint, ...rest } = (options ?? {}) as GenerateOptions & Record<string, unknown>;
    if (signal !== undefined && !isAbortSignal(signal)) {
      throw new LocalLLMError('bad-argument', `options.signal: expected an AbortSignal but received ${String(signal)}`);
    }
    const constraint = responseConstraint !== undefined && {
      responseConstraint: toConstraint(responseConstraint, 'options.responseConstraint'),
    };
    const checked: Checked = {
      input: parseChecked(InputSchema, input, 'input'),
      params: parseChecked(GenerateParamsSchema, { ...rest, ...constraint }, 'options'),
      signal,
    };
    checkTextSize(checked.input, checked.params);
    return checked;
  } catch (error) {
    const ours = LocalLLMError.from(error);
    const { code, details } = ours;
    throw toPageError(new LocalLLMError(code, `localLLM.${method}: ${ours.message}`, { cause: error, details }));
  }
}
