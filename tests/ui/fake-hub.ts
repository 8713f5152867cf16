/**
 * Pretended Hugging Face: some repositories, one that not everyone may read, and words that make it fail.
 *
 * @module
 */
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { HubModel, ModelFit, ModelOffer } from '../../engine/protocol/models.ts';

export const LINKED_BYTES = 1_117_000_000;
const PER_PAGE = 10;
const GATED = 'acme/gated-GGUF';
const SIZES = { Q4_K_M: LINKED_BYTES, Q8_0: 1_895_000_000, BF16: 3_560_000_000, F32: 7_110_000_000 };

/** A device with 4 GB for models. */
export function fitOf(bytes: number): ModelFit {
  const rest = { contextTokens: 4096, gpuBytes: bytes * 1.1, systemBytes: 30e6, basis: 'size' } as const;
  if (bytes < 2e9) return { ...rest, verdict: 'fits', reasons: [] };
  if (bytes < 4e9) return { ...rest, verdict: 'tight', reasons: ['The context is shortened to 4096 tokens.'] };
  const gigabytes = (bytes * 1.1) / 1e9;
  const reasons = [`It takes ${gigabytes.toFixed(1)} GB; this device has 4.0 GB. Choose a smaller size.`];
  return { ...rest, contextTokens: 0, verdict: 'wont-fit', reasons };
}

const NAMES = [
  'Qwen3-1.7B-GGUF',
  'SmolLM2-1.7B-Instruct-GGUF',
  'Phi-4-mini-instruct-GGUF',
  'granite-3.3-2b-instruct-GGUF',
];
const OWNERS = ['acme', 'a-team-that-quantizes-everything', 'studio'];
const LICENSES = ['apache-2.0', 'mit', undefined];

/** Of what there is, most downloads first. */
const HITS: readonly HubModel[] = Array.from({ length: 24 }, (_, index) => {
  const license = LICENSES[index % 3];
  return {
    id: index === 2 ? GATED : `${OWNERS[index % 3]}/${NAMES[index % 4]}${index < 4 ? '' : `-${index}`}`,
    downloads: Math.round(3.2e6 / (index + 1) ** 2),
    likes: Math.round(1410 / (index + 1)),
    updated: `2026-${String(11 - (index % 10)).padStart(2, '0')}-03T10:00:00.000Z`,
    gated: index === 2,
    ...(license !== undefined && { license }),
  };
});

export class FakeHub {
  #token = '';
  /** Nothing answers before it is let go. */
  held = false;
  #waiting: (() => void)[] = [];

  get hasToken(): boolean {
    return this.#token !== '';
  }

  keepToken(token: string): void {
    this.#token = token;
  }

  /** What waits is answered. */
  release(): void {
    this.held = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  async #answers(signal: AbortSignal): Promise<void> {
    if (this.held) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    if (signal.aborted) throw new LocalLLMError('aborted', 'The request was cancelled.');
    if (!navigator.onLine)
      throw new LocalLLMError('network', 'Hugging Face cannot be reached. Check the connection, then try again.');
  }

  async search(
    query: string,
    next: string | undefined,
    signal: AbortSignal,
  ): Promise<{ models: HubModel[]; next?: string }> {
    await this.#answers(signal);
    if (query === 'too often') {
      throw new LocalLLMError('network', 'Hugging Face allows no more requests for now. Try again in 40 seconds.');
    }
    if (query === 'broken') throw new LocalLLMError('network', 'Hugging Face answered 503. Try again later.');
    const words = query.toLowerCase();
    const all = HITS.filter(({ id }) => words === 'gguf' || id.toLowerCase().includes(words));
    const from = Number(next ?? 0);
    const end = from + PER_PAGE;
    return { models: all.slice(from, end), ...(end < all.length && { next: String(end) }) };
  }

  /** @throws LocalLLMError not-allowed, bad-argument, as the engine does */
  admit(source: string): void {
    if (source.startsWith(GATED) && !this.hasToken) {
      const page = `https://huggingface.co/${GATED}`;
      const message = `Hugging Face has no ${GATED} for everyone. Look at the name. If not everyone may read it, accept its conditions at ${page} and enter an access token.`;
      throw new LocalLLMError('not-allowed', message);
    }
    if (!source.includes('/')) {
      throw new LocalLLMError('bad-argument', `source: "${source}" names no model. Give a Hugging Face id or a link.`);
    }
  }

  async inspect(source: string, quantization: string | undefined, signal: AbortSignal): Promise<ModelOffer> {
    await this.#answers(signal);
    this.admit(source);
    const [path = '', named] = source.split(':');
    const name = path
      .split('/')
      .at(-1)!
      .replace(/\.gguf$/i, '');
    const id = name.toLowerCase();
    if (source.startsWith('https://')) {
      return { id, name, kind: 'model', bytes: 4, quantizations: [] };
    }
    if (/lora/i.test(name)) {
      return { id, name, kind: 'adapter', license: 'mit', bytes: 45e6, quantizations: [{ name: 'F16', bytes: 45e6 }] };
    }
    const chosen = (quantization ?? named ?? 'Q4_K_M') as keyof typeof SIZES;
    const bytes = SIZES[chosen];
    if (bytes === undefined) {
      throw new LocalLLMError(
        'bad-argument',
        `source: ${path} has no ${chosen}. There are ${Object.keys(SIZES).join(', ')}.`,
      );
    }
    return {
      id: chosen === 'Q4_K_M' ? id : `${id}-${chosen.toLowerCase()}`,
      name,
      license: 'apache-2.0',
      kind: 'model',
      quantization: chosen,
      bytes,
      quantizations: Object.entries(SIZES).map(([size, known]) => ({ name: size, bytes: known })),
      trainedContextTokens: 40_960,
      fit: { ...fitOf(bytes), basis: 'header' },
    };
  }
}
