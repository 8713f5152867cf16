/**
 * GGUF models on Hugging Face: what a person writes to name one, which files a repository has, which of them to take.
 *
 * The list of files (`/api/models/{repo}/revision/{revision}?blobs=true`) carries the commit and the SHA-256 of every large file. A page
 * cannot read those from the answer to the download itself: that redirects to another host, and the browser hides the redirect's headers.
 *
 * @module
 */
import * as v from 'valibot';
import { legible, LocalLLMError, quoted } from '../protocol/errors.ts';
import { askHub, HUB, type HubOptions } from './hub-api.ts';
import type { ModelPlan, PlannedPart } from './plan.ts';

/** A repository, and what of it is meant. */
export interface HubReference {
  repo: string;
  revision: string;
  /** A path inside the repository. */
  file?: string;
  quantization?: string;
}

export interface HubFile {
  path: string;
  bytes: number;
  sha256: string;
}

/** A model of a repository: one file, or all parts of a split one. */
export interface HubChoice {
  /** 'Q4_K_M', …; empty where the name does not tell. */
  quantization: string;
  bytes: number;
  files: HubFile[];
}

const NAME = '[A-Za-z0-9][A-Za-z0-9._-]{0,95}';
const ID = new RegExp(`^(${NAME}/${NAME})(?::([A-Za-z0-9_]{2,24}))?$`);
const LINK = new RegExp(`^/(${NAME}/${NAME})(?:/(resolve|blob|tree|raw)/([^/]+)(?:/(.+))?)?/?$`);

/** Reads `owner/repo`, `owner/repo:Q4_K_M`, or a link to a repository or a file of one; undefined for anything else. */
export function parseHubReference(text: string): HubReference | undefined {
  const [, repo, quantization] = ID.exec(text) ?? [];
  if (repo !== undefined) return { repo, revision: 'main', ...(quantization !== undefined && { quantization }) };
  const url = URL.parse(text.startsWith('hf.co/') || text.startsWith('huggingface.co/') ? `https://${text}` : text);
  if (url?.protocol !== 'https:' || !['huggingface.co', 'www.huggingface.co', 'hf.co'].includes(url.host))
    return undefined;
  const [, linked, kind, revision, path] = LINK.exec(decoded(url.pathname)) ?? [];
  if (linked === undefined) return undefined;
  const file = kind === 'tree' ? undefined : path;
  return { repo: linked, revision: revision ?? 'main', ...(file !== undefined && { file }) };
}

/** As it is where a percent sign encodes nothing. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const RepositorySchema = v.object({
  sha: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
  cardData: v.optional(v.nullable(v.object({ license: v.optional(v.unknown()) }))),
  siblings: v.array(
    v.object({
      rfilename: v.string(),
      size: v.optional(v.number()),
      lfs: v.optional(
        v.nullable(v.object({ sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), size: v.number() })),
      ),
    }),
  ),
});

export interface HubRepository {
  /** The commit that the list was made of. */
  commit: string;
  license: string | undefined;
  files: HubFile[];
}

/** The GGUF files of a repository. @throws LocalLLMError network, not-allowed, aborted */
export async function listRepository({ repo, revision }: HubReference, options: HubOptions): Promise<HubRepository> {
  const { hub = HUB, token } = options;
  const url = `${hub}/api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const response = await askHub(url, repo, options, (status) => refusal(repo, status, token !== undefined));
  const parsed = v.safeParse(RepositorySchema, await response.json().catch(() => undefined));
  if (!parsed.success) {
    throw new LocalLLMError(
      'network',
      `Hugging Face answered something else than the files of ${repo}. Try again later.`,
    );
  }
  const { sha, cardData, siblings } = parsed.output;
  const files = siblings.flatMap(({ rfilename: path, lfs }) =>
    lfs && /\.gguf$/i.test(path) ? [{ path, bytes: lfs.size, sha256: lfs.sha256 }] : [],
  );
  const license = cardData?.license;
  return { commit: sha, license: typeof license === 'string' ? licenseName(license) : undefined, files };
}

/** As it is told: the repository's owner writes it. */
export const licenseName = (text: string): string => legible(text).slice(0, 64);

function refusal(repo: string, status: number, withToken: boolean): LocalLLMError | undefined {
  if (status !== 401 && status !== 403 && status !== 404) return undefined;
  const advice = withToken
    ? `Look at the name, and accept its conditions at ${HUB}/${repo} with the account that the access token belongs to.`
    : `Look at the name. If not everyone may read it, accept its conditions at ${HUB}/${repo} and enter an access token.`;
  return new LocalLLMError(
    status === 404 ? 'network' : 'not-allowed',
    `Hugging Face has no ${repo} for everyone. ${advice}`,
  );
}

/** Files that are no model of their own: projectors of images, importance matrices, drafts' heads. */
const ACCESSORY = /(^|[/._-])(mmproj|imatrix)/i;
const PART = /-(\d{5})-of-(\d{5})\.gguf$/i;
const QUANTIZATION =
  /(?:^|[._/-])((?:UD-)?(?:I?Q[1-8](?:_[A-Z0-9]+)*|TQ[12]_0|MXFP4(?:_MOE)?|BF16|F16|F32|FP16))(?=[._-]|$)/gi;
/** What is taken where nobody chose: of those that the engine reads well, small without being poor. */
const PREFERRED = [
  'Q4_K_M',
  'Q4_K_S',
  'Q4_0',
  'Q5_K_M',
  'Q4_K_XL',
  'IQ4_XS',
  'IQ4_NL',
  'Q5_0',
  'Q6_K',
  'Q8_0',
  'Q4_1',
  'Q5_1',
  'Q3_K_M',
];

/** 'Q4_K_M' of a file's name; empty where it says nothing. */
export function quantizationOf(path: string): string {
  const name = path
    .slice(path.lastIndexOf('/') + 1)
    .replace(PART, '')
    .replace(/\.gguf$/i, '');
  return [...name.matchAll(QUANTIZATION)].at(-1)?.[1]?.toUpperCase() ?? '';
}

/** The models that these files make, smallest first. Split ones of which a part is missing are left out. */
export function choicesOf(files: readonly HubFile[]): HubChoice[] {
  const groups = new Map<string, HubFile[]>();
  for (const file of files) {
    if (ACCESSORY.test(file.path)) continue;
    const name = file.path.replace(PART, '');
    groups.set(name, [...(groups.get(name) ?? []), file]);
  }
  const choices = [...groups.values()].map((group): HubChoice => {
    const ordered = group.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    const bytes = ordered.reduce((sum, file) => sum + file.bytes, 0);
    return { quantization: quantizationOf(ordered[0]!.path), bytes, files: ordered };
  });
  const whole = ({ files: parts }: HubChoice) => parts.length === Number(PART.exec(parts[0]!.path)?.[2] ?? 1);
  return choices.filter(whole).toSorted((a, b) => a.bytes - b.bytes);
}

/** The one that is meant. @throws LocalLLMError bad-argument, saying which there are */
export function choose({ repo, file, quantization }: HubReference, files: readonly HubFile[]): HubChoice {
  const choices = choicesOf(files);
  const named = choices.find((choice) => choice.files.some(({ path }) => path === file));
  if (file !== undefined && named) return named;
  const wanted = quantization?.toUpperCase();
  const chosen =
    file !== undefined
      ? undefined
      : wanted !== undefined
        ? choices.find((choice) => choice.quantization === wanted)
        : [...PREFERRED.map((name) => choices.find((choice) => choice.quantization === name)), choices[0]].find(
            Boolean,
          );
  if (chosen) return chosen;
  const there = [...new Set(choices.map((choice) => choice.quantization || choice.files[0]!.path))].join(', ');
  throw new LocalLLMError(
    'bad-argument',
    choices.length === 0
      ? `${repo} has no GGUF files. Look for a repository whose name ends in GGUF.`
      : `${repo} has no ${quoted(file ?? quantization ?? '')}. It has: ${there}.`,
  );
}

/** A model that words name: how it is fetched, and what else could be. */
export interface Found {
  plan: ModelPlan;
  /** All that there is, by name, each once, smallest first; without those whose names do not tell. */
  quantizations: { name: string; bytes?: number }[];
}

/** Everything that is needed to fetch the model that is meant. @throws LocalLLMError network, not-allowed, bad-argument, aborted */
export async function findOnHub(
  reference: HubReference,
  model: { id?: string; name?: string },
  options: HubOptions,
): Promise<Found> {
  const repository = await listRepository(reference, options);
  const choices = new Map<string, { name: string; bytes: number }>();
  for (const { quantization: name, bytes } of choicesOf(repository.files)) {
    if (name !== '' && !choices.has(name)) choices.set(name, { name, bytes });
  }
  return { plan: planOf(reference, model, repository, options), quantizations: [...choices.values()] };
}

function planOf(
  reference: HubReference,
  model: { id?: string; name?: string },
  { commit, license, files }: HubRepository,
  { hub = HUB }: HubOptions,
): ModelPlan {
  const choice = choose(reference, files);
  const parts = choice.files.map(({ path, bytes, sha256 }): PlannedPart => {
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    return {
      name: path.slice(path.lastIndexOf('/') + 1),
      url: `${hub}/${reference.repo}/resolve/${commit}/${encoded}`,
      bytes,
      sha256,
    };
  });
  const title = reference.repo.slice(reference.repo.indexOf('/') + 1).replace(/[-_.]gguf$/i, '');
  return {
    id: model.id ?? slug(`${title}-${choice.quantization}`),
    name: model.name ?? title.replaceAll(/[-_]/g, ' '),
    ...(license !== undefined && { license }),
    ...(choice.quantization !== '' && { quantization: choice.quantization }),
    from: `${HUB}/${reference.repo}`,
    parts,
  };
}

/** A name as a model's id: lower case, no longer than 64. */
export const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 64) || 'model';
