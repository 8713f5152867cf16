/**
 * Pretended models: the real catalogue, and a store whose downloads go on only when they are told to.
 *
 * @module
 */
import { listModels } from '../../engine/host/model-list.ts';
import type { ErrorCode, ErrorData } from '../../engine/protocol/errors.ts';
import { receiveFiles, sendFiles } from '../../engine/protocol/file-exchange.ts';
import { FILE_EXCHANGE } from '../../engine/protocol/files.ts';
import type { ModelInfo, ModelSettings, ModelSpeed } from '../../engine/protocol/models.ts';
import type { DownFrame, EngineStatus, UpFrame } from '../../engine/protocol/messages.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { catalogBytes, loadCatalog } from '../../engine/store/catalog.ts';
import type { StoredModel } from '../../engine/store/stored-model.ts';
import { FakeHub, fitOf, LINKED_BYTES } from './fake-hub.ts';

type Request = Extract<DownFrame, { t: 'request' }>;
type Reply = (frame: UpFrame) => void;

/** Of the last request, as it crosses the port. */
interface Params {
  id?: string;
  name?: string;
  source?: string;
  quantization?: string;
  ticket?: string;
  token?: string;
  query?: string;
  next?: string;
  settings?: ModelSettings;
}

export class FakeModels {
  /** What was asked for: 'add qwen3-0.6b Q8_0'. */
  readonly calls: string[] = [];
  readonly #catalog = loadCatalog();
  readonly #errors = new Map<string, ErrorData>();
  readonly #watchers = new Map<number, Reply>();
  readonly hub = new FakeHub();
  /** Why the next model that is to be loaded fails. */
  loadError: ErrorData | undefined;
  /** Answers of sites that finish before another model is loaded, until they are let go. */
  answersFirst = 0;
  readonly #requests = new Map<number, AbortController>();
  readonly #settings = new Map<string, ModelSettings>();
  readonly #speeds = new Map<string, ModelSpeed>();
  readonly #adapters = new Set<string>();
  readonly #resume = new Set<string>();
  #default = 'pocket';
  readonly #status: EngineStatus;
  #stored: StoredModel[] = [];
  #tell: (status: EngineStatus) => void = () => {};

  constructor(status: EngineStatus) {
    this.#status = status;
    const complete = status.state === 'ready' || status.state === 'loading';
    const bytes = complete ? 11_588_800 : status.state === 'downloading' ? 5_875_000 : 0;
    if (bytes === 0) return;
    this.#put({ id: 'pocket', name: 'Pocket', license: 'MIT', bytes, totalBytes: 11_588_800, complete, parts: 1 });
  }

  /** Some in each state that there is. */
  fill(): void {
    const from = 'https://huggingface.co/unsloth/gemma-3-1b-it-GGUF';
    const gemma = { id: 'gemma-3-1b', name: 'Gemma 3 1B', license: 'gemma', quantization: 'Q4_0', parts: 1, from };
    this.#put({ ...gemma, bytes: 312e6, totalBytes: 720e6, complete: false, running: { bytesPerSecond: 12.3e6 } });
    const coder = { id: 'qwen2.5-coder-1.5b', name: 'Qwen2.5 Coder 1.5B Instruct', license: 'Apache-2.0', parts: 1 };
    this.#put({ ...coder, quantization: 'Q4_K_M', bytes: 401e6, totalBytes: 1117e6, complete: false });
    const phi = { id: 'phi-4-mini', name: 'Phi-4 mini Instruct', license: 'MIT', quantization: 'Q4_K_M', parts: 1 };
    this.#put({ ...phi, bytes: 1.2e9, totalBytes: 2.492e9, complete: false });
    this.fail('phi-4-mini', 'network');
    this.#put({ id: 'my-model', name: 'my-finetune-v3', bytes: 1.9e9, totalBytes: 1.9e9, complete: true, parts: 2 });
    this.#resume.add('phi-4-mini');
    this.#speeds.set('pocket', { prefill: 812.4, decode: 41.23 });
    const lora = { id: 'haiku-lora', name: 'haiku-lora', license: 'mit', parts: 1, complete: true };
    this.#adapters.add('haiku-lora').add('letters-lora');
    this.#put({ ...lora, bytes: 13e6, totalBytes: 13e6 });
    this.#put({ ...lora, id: 'letters-lora', name: 'letters-lora-r16', bytes: 45e6, totalBytes: 45e6 });
    this.#settings.set('my-model', {
      contextTokens: 8192,
      kvType: 'q8',
      sampling: { temperature: 0.2, topP: 0.9, topK: 40, minP: 0.05 },
      system: 'You answer in the words of a sailor.',
      adapters: [{ id: 'haiku-lora', scale: 0.5 }],
    });
    this.#changed();
  }

  /** A download goes on, to the end at 1. */
  progress(id: string, fraction: number, bytesPerSecond = 12.3e6): void {
    const model = this.#stored.find((one) => one.id === id)!;
    const { running: _, ...rest } = model;
    const complete = fraction === 1;
    const bytes = Math.round((model.totalBytes ?? LINKED_BYTES) * fraction);
    this.#put({ ...rest, bytes, complete, ...(!complete && { running: { bytesPerSecond } }) });
  }

  fail(id: string, code: ErrorCode): void {
    const { running: _, ...model } = this.#stored.find((one) => one.id === id)!;
    this.#errors.set(id, { code, message: 'cdn.example.org stopped answering after 1.2 GB. What arrived is kept.' });
    this.#put(model);
  }

  /** Whether it answered. */
  answer(frame: Request, reply: Reply, tell: (status: EngineStatus) => void): boolean {
    const { id, method } = frame;
    this.#tell = tell;
    if (method === 'models.watch') {
      this.#watchers.set(id, reply);
      reply({ t: 'models', id, models: this.#list() });
      return true;
    }
    if (!/^(models|storage|engine\.(load|unload))/.test(method)) return false;
    const stop = new AbortController();
    this.#requests.set(id, stop);
    this.#do(method, (frame.params ?? {}) as Params, stop.signal)
      .then(
        (result) => reply({ t: 'done', id, result: result === undefined ? this.#list() : result }),
        (error: unknown) => reply({ t: 'error', id, error: LocalLLMError.from(error).toData() }),
      )
      .finally(() => this.#requests.delete(id));
    return true;
  }

  leave(id: number): void {
    this.#watchers.delete(id);
    this.#requests.get(id)?.abort();
  }

  async #do(method: string, params: Params, signal: AbortSignal): Promise<unknown> {
    const { id = '', name = '', source = '', quantization, settings = {}, token = '' } = params;
    if (Object.keys(params).length > 0) {
      const { ticket: _, ...told } = params;
      const words = Object.values(told).map((value) => (typeof value === 'string' ? value : JSON.stringify(value)));
      this.calls.push([method.replace(/^models\./, ''), ...words].join(' '));
    }
    const model = this.#stored.find((one) => one.id === id);
    switch (method) {
      case 'models.add':
        return { id: await this.#add(source, quantization, signal) };
      case 'models.pause':
        return this.#pause(model!);
      case 'models.resume':
        this.#errors.delete(id);
        this.#resume.delete(id);
        return this.#put({ ...model!, running: { bytesPerSecond: 0 } });
      case 'models.rename':
        return this.#put({ ...model!, name });
      case 'models.delete':
        this.#stored = this.#stored.filter((one) => one.id !== id);
        this.#settings.delete(id);
        if (this.#default === id) this.#default = 'pocket';
        return this.#changed();
      case 'models.import':
        return { id: await this.#import(name, params.ticket!) };
      case 'models.export': {
        const file = new File(['GGUF'], `${id}.gguf`);
        await sendFiles(new BroadcastChannel(FILE_EXCHANGE), params.ticket!, [file], new AbortController().signal);
        return null;
      }
      case 'models.setDefault':
        return this.#setDefault(id);
      case 'models.configure':
        this.#settings.set(id, settings);
        return this.#changed();
      case 'models.inspect':
        return this.hub.inspect(source, quantization, signal);
      case 'models.search':
        return this.hub.search(params.query!, params.next, signal);
      case 'models.token':
        this.hub.keepToken(token);
        return null;
      case 'models.hub':
        return { hasToken: this.hub.hasToken };
      case 'storage.estimate':
        return { usage: this.#bytes() + 40e6, quota: 12e9, models: this.#bytes(), persisted: false };
      case 'engine.load':
      case 'engine.unload':
        return this.#load(method === 'engine.load', id);
    }
    return undefined;
  }

  async #add(source: string, quantization: string | undefined, signal: AbortSignal): Promise<string> {
    const entry = this.#catalog.find(({ id }) => id === source);
    if (!entry) {
      const offer = await this.hub.inspect(source, quantization, signal);
      const { id, name, license, kind, bytes = LINKED_BYTES } = offer;
      if (kind === 'adapter') this.#adapters.add(id);
      const from = source.startsWith('https://') ? source : `https://huggingface.co/${source}`;
      const known = {
        ...(license !== undefined && { license }),
        ...(offer.quantization !== undefined && { quantization: offer.quantization }),
      };
      const rest = { parts: 1, from, bytes: 0, totalBytes: bytes, complete: false, running: { bytesPerSecond: 0 } };
      this.#put({ id, name, ...known, ...rest });
      return id;
    }
    const own = entry.kind === 'repository' ? entry : undefined;
    const wanted = quantization ?? own?.quantization ?? 'Q4_K_M';
    const id = own && wanted !== own.quantization ? `${source}-${wanted.toLowerCase()}` : source;
    const totalBytes = own?.sizes[wanted] ?? catalogBytes(entry);
    const from = 'https://huggingface.co/owner/name';
    const rest = { quantization: wanted, parts: 1, from, bytes: 0, totalBytes, complete: false };
    this.#put({ id, name: entry.name, license: entry.license, ...rest, running: { bytesPerSecond: 0 } });
    return id;
  }

  /** Answers that are being written finish; then the new one is loaded in the place of the other, or the other stays. */
  async #setDefault(id: string): Promise<void> {
    const { model, state } = this.#status;
    if (state === 'ready' && model?.id !== id && this.answersFirst > 0) {
      this.#tell({ ...this.#status, notice: `${this.answersFirst} answers finish first.` });
      while (this.answersFirst > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const error = this.loadError;
    this.loadError = undefined;
    if (error) {
      this.#tell({ ...this.#status });
      throw LocalLLMError.fromData(error);
    }
    this.#default = id;
    if (state === 'ready' || state === 'loading') this.#load(true, id);
    else this.#changed();
  }

  #pause({ running: _, ...model }: StoredModel): void {
    this.#put(model);
  }

  async #import(name: string, ticket: string): Promise<string> {
    const files = await receiveFiles(new BroadcastChannel(FILE_EXCHANGE), ticket, new AbortController().signal);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    const id = name.toLowerCase();
    this.#put({ id, name, bytes, totalBytes: bytes, complete: true, parts: files.length });
    return id;
  }

  #load(wanted: boolean, id: string): EngineStatus {
    const model = this.#stored.find((one) => one.id === (id || this.#default));
    if (this.#status.error || (wanted && !model?.complete)) return this.#status;
    if (wanted && id === '' && this.#status.state !== 'idle') return this.#status;
    Object.assign(this.#status, { state: wanted ? 'ready' : 'idle' });
    if (model && wanted) this.#status.model = { id: model.id, name: model.name, contextTokens: 4096 };
    this.#tell({ ...this.#status });
    this.#changed();
    return this.#status;
  }

  #bytes(): number {
    return this.#stored.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #list(): ModelInfo[] {
    const models = listModels({
      catalog: this.#catalog,
      stored: this.#stored,
      status: this.#status,
      errors: this.#errors,
      defaultId: this.#default,
      adapter: undefined,
      preferences: {
        defaultId: this.#default,
        settings: Object.fromEntries(this.#settings),
        speeds: {},
        shapes: {},
        downloads: [...this.#resume],
        hubToken: undefined,
      },
    });
    return models.map((model) => {
      const { id, bytes, state } = model;
      const speed = this.#speeds.get(id);
      const adapter = this.#adapters.has(id);
      return {
        ...model,
        ...(!adapter && { fit: fitOf(bytes) }),
        kind: adapter ? 'adapter' : 'model',
        ...(state === 'stored' && { architecture: id === 'letters-lora' ? 'qwen3' : 'llama' }),
        ...(state === 'stored' && !adapter && { trainedContextTokens: id === 'pocket' ? 2048 : 32_768 }),
        ...(speed && { speed }),
      };
    });
  }

  #put(model: StoredModel): void {
    const at = this.#stored.findIndex(({ id }) => id === model.id);
    this.#stored = at < 0 ? [...this.#stored, model] : this.#stored.with(at, model);
    this.#changed();
  }

  #changed(): void {
    for (const [id, reply] of this.#watchers) reply({ t: 'models', id, models: this.#list() });
  }
}
