/**
 * What our own pages ask about models and room for them.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { receiveFiles, sendFiles } from '../protocol/file-exchange.ts';
import type { FileChannel } from '../protocol/files.ts';
import type { Method, Methods, StorageEstimate } from '../protocol/messages.ts';
import { inspect } from './model-offer.ts';
import type { ModelSlot } from './model-slot.ts';

export interface ModelCallsOptions {
  /** Connects to the exchange of files with our own pages. */
  openFileChannel(): FileChannel;
  /** What the browser says of this origin's storage. */
  estimateStorage(): Promise<Omit<StorageEstimate, 'models'>>;
}

type ModelMethod = Exclude<Extract<Method, `models.${string}` | `storage.${string}`>, 'models.watch'>;
export type ModelCall = { [M in ModelMethod]: { method: M; params: Methods[M]['params'] } }[ModelMethod];

export class ModelCalls {
  readonly #models: ModelSlot;
  readonly #options: ModelCallsOptions;

  constructor(models: ModelSlot, options: ModelCallsOptions) {
    this.#models = models;
    this.#options = options;
  }

  async answer(asked: ModelCall, signal: AbortSignal): Promise<unknown> {
    const models = this.#models;
    const { downloads, shelf } = models;
    switch (asked.method) {
      case 'models.list':
        return models.list();
      case 'models.delete':
        await models.delete(asked.params.id);
        return models.list();
      case 'models.setDefault':
        await models.setDefault(asked.params.id, signal);
        return models.list();
      case 'models.configure':
        await models.configure(asked.params.id, asked.params.settings);
        return models.list();
      case 'models.inspect':
        return inspect(asked.params, models, signal);
      case 'models.search':
        return shelf.search(asked.params.query, asked.params.next, signal);
      case 'models.hub':
        return { hasToken: (await shelf.preferences.read()).hubToken !== undefined };
      case 'models.add':
        return { id: await downloads.add(asked.params.source, asked.params.quantization, signal) };
      case 'models.pause':
        await downloads.pause(asked.params.id);
        return models.list();
      case 'models.resume':
        await downloads.resume(asked.params.id, signal);
        return models.list();
      case 'models.rename':
        await (await shelf.store()).rename(asked.params.id, asked.params.name);
        return models.list();
      case 'models.import':
        return { id: await this.#import(asked.params, signal) };
      case 'models.export':
        return this.#export(asked.params, signal);
      case 'models.token':
        await shelf.authorize(asked.params.token || undefined);
        return null;
      case 'storage.estimate':
        return this.#estimate();
    }
  }

  async #import({ ticket, name }: Methods['models.import']['params'], signal: AbortSignal): Promise<string> {
    const files = await receiveFiles(this.#options.openFileChannel(), ticket, signal);
    if (files.length === 0) throw new LocalLLMError('bad-argument', 'No file was given. Choose a .gguf file.');
    return this.#models.downloads.import(name, files, signal);
  }

  async #export({ id, ticket }: Methods['models.export']['params'], signal: AbortSignal): Promise<null> {
    const stored = await (await this.#models.shelf.store()).files(id);
    // Under its own name; the bytes stay where they are.
    const files = stored.map(({ name, file }) => new File([file], name));
    await sendFiles(this.#options.openFileChannel(), ticket, files, signal);
    return null;
  }

  async #estimate(): Promise<StorageEstimate> {
    const stored = await (await this.#models.shelf.store()).list();
    const models = stored.reduce((sum, { bytes }) => sum + bytes, 0);
    return { ...(await this.#options.estimateStorage()), models };
  }
}
