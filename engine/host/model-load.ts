/**
 * Putting a stored model into the engine as the person wants it: with its context, its sampling, its adapters.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { ModelSettings, SamplingDefaults } from '../protocol/models.ts';
import type { AdapterSource, Engine, LoadOptions } from '../runtime/engine.ts';
import { type ModelFacts, sizeOptions } from './model-facts.ts';
import type { ModelShelf } from './model-shelf.ts';
import { shapesIn } from './preferences.ts';

export interface ModelToLoad {
  id: string;
  name: string;
  settings: ModelSettings;
  /** Its makers' defaults, below what the person set. */
  sampling: SamplingDefaults | undefined;
  size: Pick<LoadOptions, 'contextTokens' | 'kvType'>;
  adapters: readonly AdapterSource[];
  /** Adapters that are set for it and are not stored any more. */
  missing: readonly string[];
}

/** What is to be loaded, and how. @throws LocalLLMError bad-argument where there is no such model */
export async function prepareModel(
  id: string,
  settings: ModelSettings,
  { shelf, facts }: { shelf: ModelShelf; facts: ModelFacts },
): Promise<ModelToLoad> {
  const { name, entry } = await shelf.entry(id);
  const header = settings.contextTokens === undefined ? undefined : await facts.of(id);
  const adapters: AdapterSource[] = [];
  const missing: string[] = [];
  for (const { id: adapter, scale } of settings.adapters ?? []) {
    if (await shelf.isStored(adapter)) {
      adapters.push({ name: (await shelf.entry(adapter)).name, scale, open: () => shelf.open(adapter) });
    } else missing.push(adapter);
  }
  return { id, name, settings, sampling: entry?.sampling, size: sizeOptions(settings, header), adapters, missing };
}

/** An adapter cannot run by itself. @throws LocalLLMError bad-argument */
export async function refuseAdapter(id: string, facts: ModelFacts): Promise<void> {
  if ((await facts.of(id))?.kind !== 'adapter') return;
  const message = `${id} is an adapter: it runs only with the model that it was made for. Attach it in that model's settings.`;
  throw new LocalLLMError('bad-argument', message);
}

/** Whether a model can be had like that. @throws LocalLLMError bad-argument */
export async function checkSettings(
  id: string,
  { contextTokens = 0, adapters = [] }: ModelSettings,
  { shelf, facts }: { shelf: ModelShelf; facts: ModelFacts },
): Promise<void> {
  const { name } = await shelf.entry(id);
  const header = await facts.of(id);
  const { trainedContextTokens: trained = Infinity } = header ?? {};
  if (contextTokens > trained) {
    const message = `settings.contextTokens: ${name} was trained for ${trained} tokens, ${contextTokens} were given.`;
    throw new LocalLLMError('bad-argument', message);
  }
  for (const [index, adapter] of adapters.entries()) {
    const attached = await facts.of(adapter.id);
    const twice = adapters.findIndex((other) => other.id === adapter.id) !== index;
    const fits =
      header?.kind === 'model' && attached?.kind === 'adapter' && attached.architecture === header.architecture;
    if (fits && !twice) continue;
    const why = twice ? 'is given twice' : `is no stored adapter for ${name}`;
    throw new LocalLLMError('bad-argument', `settings.adapters.${index}: ${adapter.id} ${why}.`);
  }
}

export const sameSize = (a: ModelToLoad, b: ModelToLoad): boolean =>
  a.size.contextTokens === b.size.contextTokens && (a.size.kvType ?? 'f16') === (b.size.kvType ?? 'f16');

const listed = ({ settings, missing }: ModelToLoad): string =>
  JSON.stringify([(settings.adapters ?? []).map(({ id, scale }) => [id, scale]), missing]);
export const sameAdapters = (a: ModelToLoad, b: ModelToLoad): boolean => listed(a) === listed(b);

export interface LoadContext {
  shelf: ModelShelf;
  onProgress(fraction: number): void;
  signal: AbortSignal;
}

/** Loads it in the place of whatever is there. Gives what the person should know. @throws LocalLLMError as `Engine.load` */
export async function loadInto(
  engine: Engine,
  model: ModelToLoad,
  { shelf, onProgress, signal }: LoadContext,
): Promise<string | undefined> {
  const { id, sampling, size } = model;
  const { source, close } = await shelf.open(id);
  try {
    const preferences = await shelf.preferences.read();
    const shapes = (adapter: string) => shapesIn(preferences, adapter);
    const reopen = () => shelf.open(id);
    await engine.load(source, { onProgress, signal, reopen, shapes, ...size, ...(sampling && { sampling }) });
  } catch (error) {
    if (error instanceof LocalLLMError && error.code === 'bad-file') {
      close();
      await shelf.discard(id);
    }
    throw error;
  } finally {
    close();
  }
  return model.adapters.length + model.missing.length > 0 ? attachAdapters(engine, model) : undefined;
}

/** Attaches what is set for a model that is loaded, instead of what was. A model without its adapters is better than none: gives why. */
export async function attachAdapters(engine: Engine, model: ModelToLoad): Promise<string | undefined> {
  const { name, adapters, missing } = model;
  const notes = missing.map((id) => `The adapter ${id} is not stored any more: ${name} runs without it.`);
  try {
    await engine.adapt(adapters);
  } catch (error) {
    await engine.adapt([]).catch(() => {}); // what was attached before is not what is set either
    notes.push(`The adapters set for ${name} are not attached: ${LocalLLMError.from(error).message}`);
  }
  return notes.length > 0 ? notes.join(' ') : undefined;
}
