/**
 * From what a person writes, or the catalogue has, to a model that can be fetched.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import type { CatalogEntry } from './catalog.ts';
import type { HubOptions } from './hub-api.ts';
import { decoded, findOnHub, type Found, parseHubReference, quantizationOf, slug } from './huggingface.ts';
import type { ModelPlan } from './plan.ts';

export interface SourceOptions extends HubOptions {
  /** What the application itself was served from: its own files may come without encryption, as on a developer's machine. */
  baseUrl: string;
}

/**
 * A Hugging Face id or link, or the https address of a GGUF file.
 * @throws LocalLLMError bad-argument, network, not-allowed, aborted
 */
export async function findByText(
  text: string,
  quantization: string | undefined,
  { baseUrl, ...options }: SourceOptions,
): Promise<Found> {
  const source = text.trim();
  const reference = parseHubReference(source);
  if (reference) return findOnHub({ ...reference, ...(quantization !== undefined && { quantization }) }, {}, options);
  const url = URL.parse(source);
  if (!url || !(url.protocol === 'https:' || url.origin === new URL(baseUrl).origin)) {
    throw new LocalLLMError(
      'bad-argument',
      `source: ${quoted(text)} names no model. Give a Hugging Face id such as owner/name-GGUF, a link to one, or the https address of a .gguf file.`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new LocalLLMError('bad-argument', 'source: the address holds a password. Give one without.');
  }
  return alone(planFromUrl(url));
}

/** A file at an address of its own: the first download decides which bytes it is. */
function planFromUrl(url: URL): ModelPlan {
  const file = lastSegment(url);
  const stem = file.replace(/\.gguf$/i, '');
  const quantization = quantizationOf(file);
  return {
    id: slug(stem),
    name: stem.replaceAll(/[-_]/g, ' ') || url.host,
    ...(quantization !== '' && { quantization }),
    from: url.href,
    parts: [{ name: file || 'model.gguf', url: url.href }],
  };
}

const alone = (plan: ModelPlan): Found => ({ plan, quantizations: [] });

const lastSegment = ({ pathname }: URL): string => decoded(pathname.slice(pathname.lastIndexOf('/') + 1));

/** A model of the catalogue. @throws LocalLLMError bad-argument, network, not-allowed, aborted */
export async function findInCatalog(
  entry: CatalogEntry,
  quantization: string | undefined,
  { baseUrl, ...options }: SourceOptions,
): Promise<Found> {
  const { id, name, license } = entry;
  if (entry.kind === 'embedded') {
    const { bytes, sha256 } = entry;
    const url = new URL(entry.url, baseUrl).href;
    return alone({ id, name, license, parts: [{ name: lastSegment(new URL(url)), url, bytes, sha256 }] });
  }
  const wanted = quantization ?? entry.quantization;
  const own = wanted === entry.quantization ? id : slug(`${id}-${wanted}`);
  const reference = { repo: entry.repo, revision: 'main', quantization: wanted };
  const { plan, quantizations } = await findOnHub(reference, { id: own, name }, options);
  return { plan: { ...plan, license }, quantizations };
}
