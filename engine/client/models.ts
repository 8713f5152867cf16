/**
 * What our own UI does with models: find, download, copy, save, delete.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { receiveFiles, sendFiles } from '../protocol/file-exchange.ts';
import { FILE_EXCHANGE, type FileChannel } from '../protocol/files.ts';
import type { HubModel, ModelInfo, ModelOffer, ModelSettings, StorageEstimate } from '../protocol/models.ts';
import type { Channel } from './channel.ts';

export interface ModelMethods {
  models(): Promise<ModelInfo[]>;
  /** Calls with the list now and at each change. Resolves when aborted, rejects when the connection closes. */
  watchModels(onModels: (models: ModelInfo[]) => void, signal: AbortSignal): Promise<void>;
  /**
   * Finds what `source` names and begins to download it; goes on when the caller leaves.
   * @param source an id of the catalogue, a Hugging Face id or link, an https address of a GGUF file
   */
  addModel(source: string, quantization?: string, signal?: AbortSignal): Promise<{ id: string }>;
  pauseModel(id: string): Promise<ModelInfo[]>;
  resumeModel(id: string): Promise<ModelInfo[]>;
  renameModel(id: string, name: string): Promise<ModelInfo[]>;
  deleteModel(id: string): Promise<ModelInfo[]>;
  /** Copies one GGUF file, or all parts of a split one, into the store. Nothing of them is held in memory. */
  importModel(name: string, files: readonly File[], signal?: AbortSignal): Promise<{ id: string }>;
  /** A stored model's files as they lie on disk, to be saved elsewhere. */
  exportModel(id: string, signal?: AbortSignal): Promise<readonly File[]>;
  /** What `addModel` with the same words would bring, and whether it fits this device. */
  inspectModel(source: string, quantization?: string, signal?: AbortSignal): Promise<ModelOffer>;
  /** Searches Hugging Face for GGUF files; `next` of the last answer asks for more. */
  searchHub(query: string, next?: string, signal?: AbortSignal): Promise<{ models: HubModel[]; next?: string }>;
  /** The model that all sites and chats share. Answers that are being written finish first. */
  setDefaultModel(id: string): Promise<ModelInfo[]>;
  /** Replaces what is set for a model. */
  configureModel(id: string, settings: ModelSettings): Promise<ModelInfo[]>;
  /** A Hugging Face access token, kept on disk; empty: none any more. */
  setHubToken(token: string): Promise<null>;
  hasHubToken(): Promise<boolean>;
  storageEstimate(): Promise<StorageEstimate>;
}

/** @param openFiles connects to the exchange of files; default: the one of this origin */
export function modelMethods(
  channel: Channel,
  openFiles: () => FileChannel = () => new BroadcastChannel(FILE_EXCHANGE),
): ModelMethods {
  return {
    models: () => channel.request('models.list', undefined).done,
    async watchModels(onModels, signal) {
      try {
        await channel.request('models.watch', undefined, { onModels, signal }).done;
      } catch (error) {
        if (error instanceof LocalLLMError && error.code === 'aborted' && signal.aborted) return;
        throw error;
      }
    },
    async addModel(source, quantization, signal) {
      await askToPersist();
      return channel.request('models.add', wordsOf(source, quantization), { signal }).done;
    },
    pauseModel: (id) => channel.request('models.pause', { id }).done,
    resumeModel: (id) => channel.request('models.resume', { id }).done,
    renameModel: (id, name) => channel.request('models.rename', { id, name }).done,
    deleteModel: (id) => channel.request('models.delete', { id }).done,
    async importModel(name, files, signal = new AbortController().signal) {
      await askToPersist();
      const ticket = crypto.randomUUID();
      const stop = new AbortController();
      const sent = sendFiles(openFiles(), ticket, files, AbortSignal.any([signal, stop.signal]));
      const done = channel.request('models.import', { ticket, name }, { signal }).done;
      try {
        await Promise.race([done, sent]);
        return await done;
      } finally {
        stop.abort();
        await sent.catch(() => {}); // the request tells
      }
    },
    async exportModel(id, signal = new AbortController().signal) {
      const ticket = crypto.randomUUID();
      const stop = new AbortController();
      const received = receiveFiles(openFiles(), ticket, AbortSignal.any([signal, stop.signal]));
      received.catch(() => {}); // the request tells
      try {
        await channel.request('models.export', { id, ticket }, { signal }).done;
        return await received;
      } finally {
        stop.abort();
      }
    },
    inspectModel: (source, quantization, signal) =>
      channel.request('models.inspect', wordsOf(source, quantization), signal && { signal }).done,
    searchHub: (query, next, signal) =>
      channel.request('models.search', { query, ...(next !== undefined && { next }) }, signal && { signal }).done,
    setDefaultModel: (id) => channel.request('models.setDefault', { id }).done,
    configureModel: (id, settings) => channel.request('models.configure', { id, settings }).done,
    hasHubToken: async () => (await channel.request('models.hub', undefined).done).hasToken,
    setHubToken: (token) => channel.request('models.token', { token }).done,
    storageEstimate: () => channel.request('storage.estimate', undefined).done,
  };
}

const wordsOf = (source: string, quantization: string | undefined) => ({
  source,
  ...(quantization !== undefined && { quantization }),
});

/**
 * Asks the browser never to remove what this origin stores: at the person's own wish for a large file, when it means something. Some
 * browsers ask the person, others decide by themselves; a refusal changes nothing.
 */
async function askToPersist(): Promise<void> {
  const storage: Partial<StorageManager> | undefined = globalThis.navigator?.storage;
  try {
    if (!(await storage?.persisted?.())) await storage?.persist?.();
  } catch {
    // a context that may not ask
  }
}
