/**
 * Pretended models: the real catalogue, and a store whose downloads go on only when they are told to.
 *
 * @module
 */
import { listModels } from '../../engine/host/model-list.ts';
import type { ErrorCode, ErrorData } from '../../engine/protocol/errors.ts';
import { receiveFiles, sendFiles } from '../../engine/protocol/file-exchange.ts';
import { FILE_EXCHANGE } from '../../engine/protocol/files.ts';
import type { ModelFit, ModelInfo } from '../../engine/protocol/models.ts';
import type { DownFrame, EngineStatus, UpFrame } from '../../engine/protocol/messages.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { catalogBytes, loadCatalog } from '../../engine/store/catalog.ts';
import type { StoredModel } from '../../engine/store/stored-model.ts';

const LINKED_BYTES = 1_117_000_000;
type Request = Extract<DownFrame, { t: 'request' }>;
type Reply = (frame: UpFrame) => void;

/** A device with 4 GB for models. */
function fitOf({ bytes }: ModelInfo): ModelFit {
  const rest = { contextTokens: 4096, gpuBytes: bytes * 1.1, systemBytes: 30e6, basis: 'size' } as const;
  if (bytes < 2e9) return { ...rest, verdict: 'fits', reasons: [] };
  if (bytes < 4e9) return { ...rest, verdict: 'tight', reasons: ['The context is shortened to 4096 tokens.'] };
  return { ...rest, contextTokens: 0, verdict: 'wont-fit', reasons: ['It takes 5.5 GB; this device has 4.0 GB.'] };
}

export class FakeModels {
  /** What was asked for: 'add qwen3-0.6b Q8_0'. */
  readonly calls: string[] = [];
  readonly #catalog = loadCatalog();
  readonly #errors = new Map<string, ErrorData>();
  readonly #watchers = new Map<number, Reply>();
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
    this.#do(method, (frame.params ?? {}) as Record<string, string>).then(
      (result) => reply({ t: 'done', id, result: result === undefined ? this.#list() : result }),
      (error: unknown) => reply({ t: 'error', id, error: LocalLLMError.from(error).toData() }),
    );
    return true;
  }

  leave(id: number): void {
    this.#watchers.delete(id);
  }

  async #do(method: string, params: Record<string, string>): Promise<unknown> {
    const { id = '', name = '' } = params;
    if (Object.keys(params).length > 0) {
      const { ticket: _, ...told } = params;
      this.calls.push([method.replace(/^models\./, ''), ...Object.values(told)].join(' '));
    }
    const model = this.#stored.find((one) => one.id === id);
    switch (method) {
      case 'models.add':
        return { id: this.#add(params['source']!, params['quantization']) };
      case 'models.pause':
        return this.#pause(model!);
      case 'models.resume':
        this.#errors.delete(id);
        return this.#put({ ...model!, running: { bytesPerSecond: 0 } });
      case 'models.rename':
        return this.#put({ ...model!, name });
      case 'models.delete':
        this.#stored = this.#stored.filter((one) => one.id !== id);
        return this.#changed();
      case 'models.import':
        return { id: await this.#import(name, params['ticket']!) };
      case 'models.export': {
        const file = new File(['GGUF'], `${id}.gguf`);
        await sendFiles(new BroadcastChannel(FILE_EXCHANGE), params['ticket']!, [file], new AbortController().signal);
        return null;
      }
      case 'models.token':
        return null;
      case 'storage.estimate':
        return { usage: this.#bytes() + 40e6, quota: 12e9, models: this.#bytes(), persisted: false };
      case 'engine.load':
      case 'engine.unload':
        return this.#load(method === 'engine.load', id);
    }
    return undefined;
  }

  #add(source: string, quantization: string | undefined): string {
    if (source === 'owner/gated-GGUF') {
      throw new LocalLLMError(
        'not-allowed',
        'Hugging Face has no owner/gated-GGUF for everyone. Enter an access token.',
      );
    }
    const entry = this.#catalog.find(({ id }) => id === source);
    if (!entry && !source.includes('/')) {
      throw new LocalLLMError('bad-argument', `source: "${source}" names no model. Give a Hugging Face id or a link.`);
    }
    const own = entry?.kind === 'repository' ? entry : undefined;
    const wanted = quantization ?? own?.quantization ?? 'Q4_K_M';
    const id = entry ? (own && wanted !== own.quantization ? `${source}-${wanted.toLowerCase()}` : source) : 'linked';
    const totalBytes = own?.sizes[wanted] ?? (entry ? catalogBytes(entry) : LINKED_BYTES);
    const named = { id, name: entry?.name ?? source.split('/').at(-1)!, license: entry?.license ?? 'apache-2.0' };
    const from = entry ? 'https://huggingface.co/owner/name' : `https://huggingface.co/${source}`;
    const rest = { quantization: wanted, parts: 1, from, bytes: 0, totalBytes, complete: false };
    this.#put({ ...named, ...rest, running: { bytesPerSecond: 0 } });
    return id;
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
    if (this.#status.error || (wanted && id === '')) return this.#status;
    const name = this.#stored.find((one) => one.id === id)?.name ?? id;
    const { model: _, ...rest } = this.#status;
    Object.assign(this.#status, rest, { state: wanted ? 'ready' : 'idle' });
    if (wanted) this.#status.model = { id, name, contextTokens: 4096 };
    this.#tell({ ...this.#status });
    this.#changed();
    return this.#status;
  }

  #bytes(): number {
    return this.#stored.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #list() {
    return listModels(this.#catalog, this.#stored, this.#status, this.#errors).map((model) => ({
      ...model,
      fit: fitOf(model),
    }));
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
