/**
 * Searching Hugging Face for GGUF files.
 *
 * @module
 */
import * as v from 'valibot';
import { LocalLLMError } from '../protocol/errors.ts';
import { askHub, HUB, type HubOptions } from './hub-api.ts';

/** Hits of one answer. */
const PAGE = 20;
/** Characters of an answer; twenty hits have some ten thousand, most of them tags. */
const MAX_ANSWER = 1 << 20;

const count = v.fallback(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0);
const HitSchema = v.object({
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,95}\/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/)),
  downloads: count,
  likes: count,
  lastModified: v.fallback(v.optional(v.pipe(v.string(), v.isoTimestamp())), undefined),
  /** false, 'auto' or 'manual' */
  gated: v.fallback(v.union([v.boolean(), v.string()]), false),
  tags: v.fallback(v.array(v.string()), []),
});

export interface HubHit {
  /** 'owner/name' */
  id: string;
  downloads: number;
  likes: number;
  /** ISO 8601 */
  updated?: string;
  license?: string;
  /** Needs a token of an account that was let in. */
  gated: boolean;
}

/**
 * The most downloaded first.
 * @param next of the last answer, to go on from there
 * @throws LocalLLMError bad-argument (`next` is not of an answer), network, not-allowed (the token), aborted
 */
export async function searchHub(
  query: string,
  next: string | undefined,
  options: HubOptions,
): Promise<{ models: HubHit[]; next?: string }> {
  const { hub = HUB } = options;
  const url = next === undefined ? firstPage(query, hub) : ownPage(next, hub);
  if (url === undefined) throw new LocalLLMError('bad-argument', 'next: expected what the last answer gave.');
  const response = await askHub(url, 'the search', options, (status) =>
    status === 401 || status === 403
      ? new LocalLLMError('not-allowed', 'Hugging Face refused the access token. Enter another one, or remove it.')
      : undefined,
  );
  const hits = readHits(await response.text().catch(() => ''));
  if (!hits) {
    throw new LocalLLMError('network', 'Hugging Face answered something else than models. Try again later.');
  }
  const more = /<([^<>]{1,2000})>;\s*rel="next"/.exec(response.headers.get('Link') ?? '')?.[1];
  const following = more === undefined ? undefined : ownPage(more, hub);
  return { models: hits, ...(following !== undefined && { next: following }) };
}

function firstPage(query: string, hub: string): string {
  const asked = new URLSearchParams({
    search: query,
    filter: 'gguf',
    sort: 'downloads',
    direction: '-1',
    limit: `${PAGE}`,
  });
  for (const field of ['downloads', 'likes', 'lastModified', 'gated', 'tags']) asked.append('expand[]', field);
  return `${hub}/api/models?${asked}`;
}

/** Of the hub's own search alone: the token goes there. */
function ownPage(url: string, hub: string): string | undefined {
  const parsed = URL.parse(url, hub);
  return parsed?.origin === new URL(hub).origin && parsed.pathname === '/api/models' ? parsed.href : undefined;
}

/** What is no hit is left out; undefined where the answer is none. */
function readHits(text: string): HubHit[] | undefined {
  let answer: unknown;
  try {
    answer = text.length > MAX_ANSWER ? undefined : JSON.parse(text);
  } catch {
    return undefined; // a page of a hotel's network, say
  }
  if (!Array.isArray(answer)) return undefined;
  return answer.slice(0, PAGE).flatMap((one: unknown) => {
    const parsed = v.safeParse(HitSchema, one);
    if (!parsed.success) return [];
    const { id, downloads, likes, lastModified, gated, tags } = parsed.output;
    const license = tags.find((tag) => /^license:[\w.+-]{1,64}$/.test(tag))?.slice('license:'.length);
    return {
      id,
      downloads,
      likes,
      gated: gated !== false,
      ...(lastModified !== undefined && { updated: lastModified }),
      ...(license !== undefined && { license }),
    };
  });
}
