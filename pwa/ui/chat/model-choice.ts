/**
 * The models that can be chatted with, which of them all chats and sites share, and choosing another.
 *
 * @module
 */
import type { Client } from '../../../engine/client/index.ts';
import { type ErrorData, LocalLLMError } from '../../../engine/protocol/errors.ts';
import type { ModelInfo, ModelSettings } from '../../../engine/protocol/models.ts';
import { Observable } from '../observable.ts';

export interface ChoiceState {
  /** All of them, adapters and the catalogue's included; undefined until the engine has spoken. */
  models?: readonly ModelInfo[];
  /** Why nothing new arrives. */
  problem?: string;
  /** The model that was chosen and does not answer yet. */
  switchingTo?: ModelInfo;
  /** The model that was chosen last, and why it cannot be used. */
  failed?: { model: ModelInfo; error: ErrorData };
}

type ChoiceClient = Pick<Client, 'watchModels' | 'setDefaultModel' | 'configureModel'>;

const RETRY_MS = 2_000;

export class ModelChoice extends Observable<ChoiceState> {
  readonly #client: ChoiceClient;
  /** Counts choices: of several under way the last one is told of. */
  #turn = 0;

  constructor(client: ChoiceClient) {
    super({});
    this.#client = client;
  }

  /** The one that answers where nobody asks for another. */
  get model(): ModelInfo | undefined {
    return this.value.models?.find(({ isDefault }) => isDefault);
  }

  /** Follows the models until the returned function is called; connects again where the connection breaks. */
  start(): () => void {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const watch = async (): Promise<void> => {
      try {
        await this.#client.watchModels((models) => this.#arrived(models), stop.signal);
      } catch (thrown) {
        if (stop.signal.aborted) return;
        this.set({ ...this.value, problem: LocalLLMError.from(thrown).message });
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void watch(), RETRY_MS);
    };
    void watch();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }

  /**
   * Makes a model the one that all share. Answers that are being written finish first; chosen once more, it waits no longer for long
   * ones. Another one that is chosen meanwhile takes its place.
   */
  async choose(model: ModelInfo): Promise<void> {
    if (this.value.switchingTo?.id === model.id) {
      await this.#client.setDefaultModel(model.id).catch(() => {}); // the first choice tells
      return;
    }
    const { failed: _, ...rest } = this.value;
    this.set({ ...rest, switchingTo: model });
    const turn = ++this.#turn;
    let failed: ChoiceState['failed'];
    try {
      this.#arrived(await this.#client.setDefaultModel(model.id));
    } catch (thrown) {
      const error = LocalLLMError.from(thrown);
      if (error.code !== 'aborted') failed = { model, error: error.toData() };
    }
    if (turn !== this.#turn) return;
    const { switchingTo: _done, ...now } = this.value;
    this.set({ ...now, ...(failed && { failed }) });
  }

  /** Lets what failed be. */
  dismiss(): void {
    const { failed: _, ...rest } = this.value;
    this.set(rest);
  }

  /** Replaces what is set for a model. @throws LocalLLMError */
  async configure(id: string, settings: ModelSettings): Promise<void> {
    this.#arrived(await this.#client.configureModel(id, settings));
  }

  #arrived(models: readonly ModelInfo[]): void {
    const { problem: _, ...rest } = this.value;
    this.set({ ...rest, models });
  }
}

/** Those that a chat can have: stored ones, those on their way, and the default, which may have to be fetched first. */
export function choosable(models: readonly ModelInfo[]): ModelInfo[] {
  const wanted = models.filter(
    ({ kind, state, isDefault }) => kind === 'model' && (state === 'stored' || state === 'downloading' || isDefault),
  );
  const rank = ({ state, isDefault }: ModelInfo) => (isDefault || state === 'stored' ? 0 : 1);
  return wanted.toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en'));
}

/** Why a model cannot be chosen now; undefined where it can. */
export function obstacleOf({ state, isDefault, loaded, fit }: ModelInfo): string | undefined {
  if (loaded) return undefined;
  if (fit?.verdict === 'wont-fit') return fit.reasons.join(' ') || 'This device cannot run it.';
  return state === 'downloading' && !isDefault ? 'Can be chosen once it has arrived.' : undefined;
}
