/**
 * Whether models fit this device: of a stored one by its header, of others about, by what the catalogue says.
 *
 * @module
 */
import { blobSource } from '../gguf/source.ts';
import type { ModelFit, ModelInfo } from '../protocol/models.ts';
import { fitAbout, type FitDevice, fitOfFile, type SizeFacts } from '../runtime/fit.ts';
import type { ModelShelf } from './model-shelf.ts';

export interface ModelFitsOptions {
  /** What is known of the device's memory; undefined where it has no GPU. */
  readDevice(): Promise<FitDevice | undefined>;
}

export class ModelFits {
  readonly #shelf: Pick<ModelShelf, 'store'>;
  readonly #options: ModelFitsOptions;
  readonly #onChange: () => void;
  #device: Promise<FitDevice | undefined> | undefined;
  /** Of stored models, by id and bytes; undefined while the header is read, and where it cannot be. */
  readonly #known = new Map<string, ModelFit | undefined>();
  /** Headers are read one after another: each takes memory for its vocabulary. */
  #reading: Promise<void> = Promise.resolve();

  /** @param onChange called when more is known of a model */
  constructor(shelf: Pick<ModelShelf, 'store'>, options: ModelFitsOptions, onChange: () => void) {
    this.#onChange = onChange;
    this.#shelf = shelf;
    this.#options = options;
  }

  /** The models with what is known now; headers that were not read yet are read meanwhile. */
  async add(models: readonly ModelInfo[]): Promise<ModelInfo[]> {
    this.#device ??= this.#options.readDevice().catch(() => undefined);
    const device = await this.#device;
    if (!device) return [...models];
    return models.map((model) => {
      const fit = this.#fit(model, device);
      return fit ? { ...model, fit } : model;
    });
  }

  #fit(model: ModelInfo, device: FitDevice): ModelFit | undefined {
    const { id, bytes, state } = model;
    const key = `${id} ${bytes}`;
    if (state === 'stored' && !this.#known.has(key)) {
      this.#known.set(key, undefined);
      this.#reading = this.#reading.then(() => this.#read(id, key, device));
    }
    const known = state === 'stored' ? this.#known.get(key) : undefined;
    return known ?? (bytes > 0 ? fitAbout(factsOf(model), device) : undefined);
  }

  async #read(id: string, key: string, device: FitDevice): Promise<void> {
    try {
      const files = await (await this.#shelf.store()).files(id);
      const sources = files.map(({ file, name }) => blobSource(new File([file], name)));
      this.#known.set(key, await fitOfFile(sources, device));
      this.#onChange();
    } catch {
      // What is wrong with it is told when it is loaded; meanwhile its size tells about.
    }
  }
}

function factsOf({ bytes, catalog }: ModelInfo): SizeFacts {
  if (!catalog) return { bytes };
  return { bytes, parameters: countOf(catalog.parameters), contextTokens: catalog.contextTokens };
}

/** '135M', '0.6B' */
const countOf = (parameters: string): number => parseFloat(parameters) * (parameters.endsWith('B') ? 1e9 : 1e6);
