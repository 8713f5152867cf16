/**
 * From a GGUF file to a model that is ready to run: checks, weights, cache, pipelines.
 *
 * @module
 */
import type { KvType } from '../../shaders/attention/kv-layout.ts';
import { tokensPerTile } from '../../shaders/attention/attention-shape.ts';
import type { Hyperparameters } from '../arch/architecture.ts';
import { architectureOf } from '../arch/registry.ts';
import { type ChatTemplate, createChatTemplate, type TemplateChoice } from '../chat/chat-template.ts';
import type { GgufFile } from '../gguf/parse.ts';
import type { ByteSource } from '../gguf/source.ts';
import { type ModelSource, openModel } from '../gguf/split.ts';
import { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Grammars } from '../grammar/grammars.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { createTokenizer, type Tokenizer } from '../tokenizer/tokenizer.ts';
import { Batch, type BatchLimits } from './batch.ts';
import { kvBytes, stateBytes } from './cache-memory.ts';
import type { LoadOptions } from './engine.ts';
import type { Forward } from './forward.ts';
import { CachePool, pagesFor } from './kv-cache.ts';
import { type LoadSize, type ModelFile, type PreparedForward, prepareForward } from './prepare-forward.ts';
import { WeightLoader } from './weights.ts';

/** Tokens of one forward: long enough to fill a GPU, short enough that others are not kept waiting. */
const CHUNK_TOKENS = 256;
/** Sequences that decode together. */
const MAX_SEQUENCES = 32;
/** Of a decoded token: on a GPU many tokens share one reading of the weights, on a CPU it is the arithmetic that takes time. */
const PROMPT_TOKEN = 1 / 16;
const SOFTWARE_PROMPT_TOKEN = 1 / 2;
/** A smaller file is read in about the time that a thread takes to start beside it. */
const AHEAD_BYTES = 64 << 20;
/** A context longer than this is only given when asked for: the cache grows with it. */
export const DEFAULT_CONTEXT = 4096;
/** Where GPU memory is short the context gets no shorter than this. */
const MIN_CONTEXT = 512;
/** The cache holds this many full contexts where that costs no more than the bytes below. */
const DEFAULT_CONTEXTS = 4;
const DEFAULT_CACHE_BYTES = 256 << 20;

export interface LoadedModel {
  architecture: string;
  hp: Hyperparameters;
  contextTokens: number;
  /** More than `contextTokens` where GPU memory was short. */
  wantedContextTokens: number;
  tokenizer: Tokenizer;
  template: ChatTemplate;
  sampling: NonNullable<LoadOptions['sampling']>;
  limits: BatchLimits;
  batch: Batch;
  forward: Forward;
  pool: CachePool;
  /** What computing a prompt's token takes of what decoding one takes, about. */
  promptTokenCost: number;
  /** What answers are held to; closed by whoever unloads the model. */
  grammars: Grammars;
  /** Prepares other adapters in place of those that are attached. */
  adapt: PreparedForward['adapt'];
  /** Frees everything it holds on the GPU. */
  release(): void;
}

type ReadModel = ModelFile & { tokenizer: Tokenizer };

/**
 * What can be known of a file, or of a split one's parts, without a GPU. Tensors lie in the source that is returned.
 * @throws LocalLLMError bad-file, not-supported, bad-argument (the parts do not make one model)
 */
export async function readModel(given: ModelSource): Promise<ReadModel> {
  const read = understood(await openModel(given));
  return { ...read, tokenizer: tokenizerOf(read) };
}

function understood({ file, source }: Pick<ModelFile, 'file' | 'source'>): ModelFile {
  const architecture = architectureOf(file);
  return { file, source, architecture, hp: architecture.hyperparameters(file) };
}

function tokenizerOf({ file, hp }: ModelFile): Tokenizer {
  const tokenizer = createTokenizer(file.metadata);
  checkVocabulary(tokenizer, hp);
  return tokenizer;
}

/** @throws LocalLLMError bad-file */
export function checkVocabulary({ vocabSize }: Tokenizer, { vocab }: Hyperparameters): void {
  if (vocabSize === vocab) return;
  throw new LocalLLMError(
    'bad-file',
    `The vocabulary has ${vocabSize} tokens, the embedding table ${vocab} rows. The file is damaged; convert it again.`,
  );
}

/** Pages of the cache when the caller does not say. */
export function defaultPages(hp: Hyperparameters, kvType: KvType, contextTokens: number): number {
  return pagesOf(contextTokens, kvBytes(hp, kvType, 1));
}

/** @param bytes of a page, all layers */
export function pagesOf(contextTokens: number, bytes: number): number {
  const context = pagesFor(contextTokens);
  return Math.max(context, Math.min(context * DEFAULT_CONTEXTS, Math.floor(DEFAULT_CACHE_BYTES / bytes)));
}

export const defaultContext = (hp: Hyperparameters): number => Math.min(hp.contextTokens, DEFAULT_CONTEXT);

/** @throws LocalLLMError bad-argument for a context that the model was not made for */
export function loadSize(hp: Hyperparameters, options: LoadOptions): LoadSize {
  const contextTokens = contextOf(hp, options);
  const kvType = options.kvType ?? 'f16';
  const slots = defaultSlots(hp);
  const limits: BatchLimits = {
    tokens: CHUNK_TOKENS,
    outputs: MAX_SEQUENCES,
    sequences: slots || MAX_SEQUENCES,
    pagesPerSequence: pagesFor(contextTokens),
  };
  return { contextTokens, kvType, limits, pages: defaultPages(hp, kvType, contextTokens), slots };
}

/** Sequences whose recurrent state is held at once; 0 where there is none. */
function defaultSlots(hp: Hyperparameters): number {
  const bytes = stateBytes(hp);
  return bytes === 0 ? 0 : Math.max(2, Math.min(MAX_SEQUENCES, Math.floor(DEFAULT_CACHE_BYTES / bytes)));
}

/** What a load tries one after another where GPU memory is short: fewer contexts in the cache, then a shorter one. */
export function* loadSizes(hp: Hyperparameters, options: LoadOptions): Generator<LoadSize> {
  const wanted = loadSize(hp, options);
  yield wanted;
  const pages = wanted.limits.pagesPerSequence;
  if (pages < wanted.pages) yield { ...wanted, pages };
  for (const tokens of shorterContexts(wanted.contextTokens, options.minContextTokens)) {
    const pagesPerSequence = pagesFor(tokens);
    const limits = { ...wanted.limits, pagesPerSequence };
    yield { ...wanted, contextTokens: tokens, pages: pagesPerSequence, limits };
  }
}

/** What is tried after a context that does not fit. */
export function* shorterContexts(contextTokens: number, floor = MIN_CONTEXT): Generator<number> {
  for (let tokens = contextTokens; tokens > floor;) {
    tokens = Math.max(floor, Math.floor(tokens / 2));
    yield tokens;
  }
}

/**
 * Where GPU memory is short, the context becomes shorter until the model fits.
 * @throws LocalLLMError bad-argument, bad-file, not-supported, out-of-memory, shader, aborted
 */
export async function loadModel(gpu: Gpu, given: ModelSource, options: LoadOptions = {}): Promise<LoadedModel> {
  const opened = await openModel(given);
  if (opened.source.size >= AHEAD_BYTES) opened.source.ahead?.();
  const read = understood(opened);
  const loaded = await loadAtSizes(gpu, read, options).catch(async (error: unknown) => {
    // Bytes that are not what was stored look like another fault.
    if (codeOf(error) === 'bad-file') await opened.source.settled?.();
    throw error;
  });
  try {
    await opened.source.settled?.();
    return loaded;
  } catch (error) {
    loaded.release();
    throw error;
  }
}

async function loadAtSizes(gpu: Gpu, read: ModelFile, options: LoadOptions): Promise<LoadedModel> {
  const sizes = [...loadSizes(read.hp, options)];
  let made: Tokenizer | undefined;
  const tokenizer = (): Tokenizer => (made ??= tokenizerOf(read));
  for (;;) {
    try {
      return await loadAtSize(gpu, read, tokenizer, sizes.shift()!, options);
    } catch (error) {
      if (sizes.length === 0 || codeOf(error) !== 'out-of-memory') throw error;
    }
  }
}

const codeOf = (error: unknown) => (error instanceof LocalLLMError ? error.code : undefined);

async function loadAtSize(
  gpu: Gpu,
  read: ModelFile,
  makeTokenizer: () => Tokenizer,
  size: LoadSize,
  options: LoadOptions,
): Promise<LoadedModel> {
  const { architecture, file, hp, source } = read;
  const { contextTokens, limits, pages } = size;
  const allocation = new Allocation(gpu);
  const loader = weightLoader(gpu, allocation, file, source, options);
  const preparing = prepareForward(gpu, allocation, read, size, loader, options);
  preparing.catch(() => {}); // reported where it is awaited
  try {
    const tokenizer = makeTokenizer(); // while the GPU allocates
    const prepared = await preparing;
    const { forward, cache, adapt } = prepared;
    forward.setStops(tokenizer.eogIds);
    return {
      architecture: architecture.name,
      hp,
      contextTokens,
      wantedContextTokens: contextOf(hp, options),
      tokenizer,
      template: chatTemplateOf(file, tokenizer, options.template),
      sampling: options.sampling ?? {},
      limits,
      batch: new Batch(limits, tokensPerTile(hp.heads, hp.kvHeads)),
      forward,
      pool: new CachePool(cache, pages, size.slots),
      promptTokenCost: gpu.adapter.software ? SOFTWARE_PROMPT_TOKEN : PROMPT_TOKEN,
      grammars: new Grammars(tokenizer),
      adapt,
      release: () => {
        prepared.release();
        allocation.release();
      },
    };
  } catch (error) {
    loader.stop();
    const prepared = await preparing.catch(() => undefined);
    prepared?.release();
    allocation.release();
    throw error;
  }
}

function contextOf(hp: Hyperparameters, { contextTokens = defaultContext(hp) }: LoadOptions): number {
  if (Number.isInteger(contextTokens) && contextTokens >= 1 && contextTokens <= hp.contextTokens) return contextTokens;
  throw new LocalLLMError(
    'bad-argument',
    `contextTokens is ${contextTokens}; this model takes an integer from 1 to ${hp.contextTokens}.`,
  );
}

function weightLoader(
  gpu: Gpu,
  allocation: Allocation,
  file: GgufFile,
  source: ByteSource,
  { onProgress, signal }: LoadOptions,
): WeightLoader {
  const totalBytes = [...file.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
  let loadedBytes = 0;
  const onBytes = (bytes: number) => {
    loadedBytes += bytes;
    onProgress?.(Math.min(1, loadedBytes / totalBytes));
  };
  return new WeightLoader({ gpu, allocation, file, source, onBytes, signal });
}

/** The file's own template, ChatML where it has none or where that is chosen. @throws LocalLLMError template */
export function chatTemplateOf(file: GgufFile, tokenizer: Tokenizer, choice?: TemplateChoice): ChatTemplate {
  const text = (id: number | undefined) => (id === undefined ? '' : tokenizer.piece(id));
  const source = file.metadata.has('tokenizer.chat_template')
    ? file.metadata.string('tokenizer.chat_template')
    : undefined;
  const special = { bos: text(tokenizer.bosId), eos: text(tokenizer.eosId), addsBos: tokenizer.addBos };
  return createChatTemplate(source, special, choice);
}
