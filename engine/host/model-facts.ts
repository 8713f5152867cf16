/**
 * What is known of models and whether they fit this device: of a stored one by its header, of others about, by what the catalogue says.
 *
 * @module
 */
import { isAdapter } from '../gguf/adapter.ts';
import type { GgufFile } from '../gguf/parse.ts';
import { blobSource, type ByteSource } from '../gguf/source.ts';
import { openModel } from '../gguf/split.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { ModelFit, ModelInfo, ModelSettings } from '../protocol/models.ts';
import type { AdapterSource, LoadOptions } from '../runtime/engine.ts';
import { fitAbout, type FitDevice, fitOfHeader, type SizeFacts } from '../runtime/fit.ts';
import type { ModelShelf } from './model-shelf.ts';

export interface ModelFactsOptions {
  /** What is known of the device's memory; undefined where it has no GPU. */
  readDevice(): Promise<FitDevice | undefined>;
}

/** What a header says of its model. */
export interface HeaderFacts {
  kind: 'model' | 'adapter';
  architecture?: string;
  trainedContextTokens?: number;
}

/** What is read of a stored model, and what that depends on. */
interface Wanted extends Pick<ModelInfo, 'id' | 'bytes'> {
  settings: ModelSettings;
}

export class ModelFacts {
  readonly #shelf: Pick<ModelShelf, 'store'>;
  readonly #options: ModelFactsOptions;
  readonly #onChange: () => void;
  #device: Promise<FitDevice | undefined> | undefined;
  /** Of stored models, by id and bytes; undefined while the header is read, and where it cannot be. */
  readonly #facts = new Map<string, HeaderFacts | undefined>();
  /** The same, by what is set for them as well. */
  readonly #fits = new Map<string, ModelFit | undefined>();
  /** Headers are read one after another: each takes memory for its vocabulary. */
  #reading: Promise<void> = Promise.resolve();

  /** @param onChange called when more is known of a model */
  constructor(shelf: Pick<ModelShelf, 'store'>, options: ModelFactsOptions, onChange: () => void) {
    this.#onChange = onChange;
    this.#shelf = shelf;
    this.#options = options;
  }

  /** Undefined where there is no GPU. */
  device(): Promise<FitDevice | undefined> {
    return (this.#device ??= this.#options.readDevice().catch(() => undefined));
  }

  /** The models with what is known now; headers that were not read yet are read meanwhile. */
  async add(models: readonly ModelInfo[]): Promise<ModelInfo[]> {
    const device = await this.device();
    return models.map((model) => {
      if (model.state !== 'stored') return withFit(model, device && about(model, device));
      if (!this.#facts.has(factsKey(model)) || !this.#fits.has(fitKey(model))) void this.#read(model);
      const facts = this.#facts.get(factsKey(model));
      const fit =
        this.#fits.get(fitKey(model)) ?? (device && facts?.kind !== 'adapter' ? about(model, device) : undefined);
      return withFit({ ...model, ...facts }, fit);
    });
  }

  /** What the header of a stored model says; undefined where it cannot be read, or is not stored. */
  async of(id: string): Promise<HeaderFacts | undefined> {
    const stored = (await (await this.#shelf.store()).list()).find((model) => model.id === id && model.complete);
    if (!stored) return undefined;
    const model = { id, bytes: stored.totalBytes ?? stored.bytes, settings: {} };
    if (!this.#facts.has(factsKey(model))) await this.#read(model);
    else if (!this.#facts.get(factsKey(model))) await this.#reading; // it may be under way
    return this.#facts.get(factsKey(model));
  }

  /**
   * Keeps from a device what its system would end the page for, before a byte of it is fetched or read.
   * @throws LocalLLMError out-of-memory
   */
  async check(describe: () => Promise<ModelInfo | undefined>): Promise<void> {
    const device = await this.device();
    if (!device || device.budgetBytes === Infinity) return;
    const model = await describe();
    if (!model) return;
    if (model.state === 'stored' && !this.#fits.get(fitKey(model))) await this.#read(model);
    const fit = (model.state === 'stored' && this.#fits.get(fitKey(model))) || about(model, device);
    if (fit?.verdict !== 'wont-fit') return;
    const details = { requested: fit.gpuBytes, quota: device.budgetBytes };
    throw new LocalLLMError('out-of-memory', `${model.name} is too large for this device. ${fit.reasons.join(' ')}`, {
      details,
    });
  }

  /** Of a header that was read, wherever it comes from. */
  async fit(file: GgufFile, settings: ModelSettings): Promise<ModelFit | undefined> {
    const device = await this.device();
    if (!device || isAdapter(file)) return undefined;
    const adapters = await this.#adapters(settings);
    return fitOfHeader(file, device, { ...sizeOptions(settings, factsOf(file)), adapters });
  }

  /** Those that are stored: a load leaves out the others, too. */
  async #adapters({ adapters = [] }: ModelSettings): Promise<AdapterSource[]> {
    const all = await (await this.#shelf.store()).list();
    return adapters.flatMap(({ id, scale }): AdapterSource[] => {
      const stored = all.find((model) => model.id === id && model.complete);
      if (!stored) return [];
      return [{ name: stored.name, scale, open: async () => ({ source: await this.#sources(id), close: () => {} }) }];
    });
  }

  async #sources(id: string): Promise<ByteSource[]> {
    const files = await (await this.#shelf.store()).files(id);
    return files.map(({ file, name }) => blobSource(new File([file], name)));
  }

  #read(model: Wanted): Promise<void> {
    // Nobody else begins to.
    if (!this.#facts.has(factsKey(model))) this.#facts.set(factsKey(model), undefined);
    this.#fits.set(fitKey(model), undefined);
    return (this.#reading = this.#reading.then(() => this.#readNow(model)));
  }

  async #readNow(model: Wanted): Promise<void> {
    try {
      const { file } = await openModel(await this.#sources(model.id));
      this.#facts.set(factsKey(model), factsOf(file));
      this.#fits.set(fitKey(model), await this.fit(file, model.settings));
    } catch {
      // What is wrong with it is told when it is loaded; meanwhile its size tells about.
    }
    if (this.#facts.get(factsKey(model))) this.#onChange();
  }
}

const factsKey = ({ id, bytes }: Wanted): string => `${id} ${bytes}`;
const fitKey = (model: Wanted): string => {
  const { contextTokens = '', kvType = '', adapters = [] } = model.settings;
  const attached = adapters.filter(({ scale }) => scale !== 0).map(({ id }) => id);
  return `${factsKey(model)} ${contextTokens} ${kvType} ${attached.join(' ')}`;
};

const withFit = (model: ModelInfo, fit: ModelFit | undefined): ModelInfo => (fit ? { ...model, fit } : model);

export function factsOf(file: GgufFile): HeaderFacts {
  const { metadata } = file;
  const text = metadata.get('general.architecture');
  const architecture = text?.type === 'string' ? text.value.slice(0, 64) : undefined;
  const kind = isAdapter(file) ? 'adapter' : 'model';
  if (architecture === undefined) return { kind };
  const key = `${architecture}.context_length`;
  const trained = kind === 'model' && metadata.has(key) ? metadata.number(key) : 0;
  return { kind, architecture, ...(Number.isSafeInteger(trained) && trained > 0 && { trainedContextTokens: trained }) };
}

/** What of a model's settings decides how much memory it takes. No context is longer than it was trained for. */
export function sizeOptions(
  { contextTokens, kvType }: ModelSettings,
  facts: HeaderFacts | undefined,
): Pick<LoadOptions, 'contextTokens' | 'kvType'> {
  const wanted = contextTokens && Math.min(contextTokens, facts?.trainedContextTokens ?? Infinity);
  return { ...(wanted !== undefined && { contextTokens: wanted }), ...(kvType && { kvType }) };
}

export function about(
  { bytes, catalog }: Pick<ModelInfo, 'bytes' | 'catalog'>,
  device: FitDevice,
): ModelFit | undefined {
  if (bytes <= 0) return undefined;
  const facts: SizeFacts = catalog
    ? { bytes, parameters: countOf(catalog.parameters), contextTokens: catalog.contextTokens }
    : { bytes };
  return fitAbout(facts, device);
}

/** '135M', '0.6B' */
const countOf = (parameters: string): number => parseFloat(parameters) * (parameters.endsWith('B') ? 1e9 : 1e6);
