/**
 * The engine's own interface: one loaded model, any number of requests at once.
 *
 * @module
 */
import type { KvType } from '../../shaders/attention/kv-layout.ts';
import type { TemplateChoice } from '../chat/chat-template.ts';
import type { ModelSource } from '../gguf/split.ts';
import type { LocalLLMError } from '../protocol/errors.ts';
import type { GenerateParams, GenerateResult, Input, Measure, Usage } from '../protocol/messages.ts';

/** A LoRA adapter in GGUF. It is read whenever it is attached: by a load, by `adapt`, and after a lost GPU. */
export interface AdapterSource {
  /** What messages call it. */
  name: string;
  /** 1: as it was trained; any finite number. 0 leaves it out. */
  scale: number;
  /** Opens the file anew. */
  open(): Promise<{ source: ModelSource; close(): void }>;
}

/**
 * Of the kernels' choices, by their keys, the shapes that were the best on one GPU. Names and keys are the kernels' own and may be kept: what
 * the kernels do not know any more is left aside.
 */
export type Shapes = Readonly<Record<string, string>>;

export interface LoadOptions {
  /** Tokens that one sequence may hold. Default: the model's own context, at most 4096. */
  contextTokens?: number;
  /**
   * Where GPU memory is short the context is halved, down to this. Default 512. Equal to `contextTokens`: a shorter context will not do.
   */
  minContextTokens?: number;
  /** Element type of the KV cache. Default f16, packed in 32-bit words: needs no shader-f16. q8 takes half of its memory. */
  kvType?: KvType;
  /** `chatml` where the file's own template fails or is missing its point. Default `own`. */
  template?: TemplateChoice;
  /** Sampling defaults that belong to this model, below what a request asks for. */
  sampling?: Pick<GenerateParams, 'temperature' | 'topK' | 'topP' | 'minP' | 'repetitionPenalty'>;
  /** Attached from the start, all at once; see {@link Engine.adapt}. Default none. */
  adapters?: readonly AdapterSource[];
  /** What {@link Engine.tune} found on an adapter of this name ({@link EngineInfo}). Default nothing. */
  shapes?: (adapter: string) => Shapes;
  /** 0…1, rising. */
  onProgress?: (fraction: number) => void;
  signal?: AbortSignal;
  /** Opens the source anew. With it a GPU that was lost is opened again and what runs goes on; without it a lost GPU ends everything. */
  reopen?: () => Promise<{ source: ModelSource; close(): void }>;
}

export interface GenerateRequest {
  input: Input;
  options: GenerateParams;
  /** KV is reused only between requests of one owner. */
  owner: string;
  /**
   * 0: the person's own, 1: what the person sees, 2: the rest. All share the GPU by weights; the lower one starts first.
   * Read again at every step: it may change while the request lives.
   */
  readonly priority: number;
  signal: AbortSignal;
  /** Text as it is decided: never part of a character, never part of a stop string. */
  onDelta: (text: string) => void;
}

export interface EngineInfo {
  /** 'google swiftshader', 'nvidia ada', … */
  adapter: string;
  contextTokens: number;
  /** What was asked for, or the default: more than `contextTokens` where GPU memory was short. */
  wantedContextTokens: number;
  /** GPU memory of weights, KV cache, work buffers and adapters. */
  gpuBytes: number;
  running: number;
  waiting: number;
}

export interface Engine {
  /**
   * Reads a GGUF file, or all parts of a split one in any order, onto the GPU, replacing the model that was loaded.
   * @throws LocalLLMError bad-argument, bad-file, not-supported, out-of-memory, shader, device-lost, aborted
   */
  load(source: ModelSource, options?: LoadOptions): Promise<void>;
  /**
   * Attaches these adapters to the loaded model in place of those that were attached; none detaches all, the same ones may have other
   * scales. The model's own weights are not read again and not changed. Keys and values of all owners are forgotten; answers that are
   * running go on with these adapters, computed anew from their tokens. Where it fails, everything stays as it was.
   * @throws LocalLLMError invalid-state (nothing loaded), bad-argument (a scale that is not finite, an adapter of another model), bad-file,
   * not-supported, out-of-memory, shader, device-lost; messages name the adapter
   */
  adapt(adapters: readonly AdapterSource[]): Promise<void>;
  /**
   * Answers one request; any number may run at once and share each forward.
   * @throws LocalLLMError invalid-state (nothing loaded), quota (prompt longer than the context), template, aborted, device-lost, numerics
   */
  generate(request: GenerateRequest): Promise<GenerateResult>;
  /**
   * Measures which shapes of the kernels are the best for the loaded model on this GPU, where that is not known, and goes on with them: a second
   * or so in which requests have their turn between measurements. Gives all that is known now; ends early, with what was found by then, when
   * aborted or when a model is loaded, adapted or unloaded.
   * @throws LocalLLMError invalid-state (nothing loaded), device-lost
   */
  tune(signal: AbortSignal): Promise<Shapes>;
  /** The size of a prompt with its chat template. @throws LocalLLMError invalid-state, bad-argument, template */
  measure(input: Input, options: GenerateParams): Measure;
  /** Computes a prompt's KV and keeps it for the owner's next request that begins with it. @throws as {@link generate} */
  prefill(request: Omit<GenerateRequest, 'onDelta'>): Promise<Usage>;
  /** Undefined until a model is loaded. */
  info(): EngineInfo | undefined;
  /** Called with 0…1 while the GPU was lost and the model is loaded again, with undefined when everything goes on. */
  onRecovery: ((progress: number | undefined) => void) | undefined;
  /** Called once when the GPU is gone for good; everything has already failed with this error, and the engine is of no more use. */
  onLost: ((error: LocalLLMError) => void) | undefined;
  /** Frees the GPU. Running requests fail with `aborted`. The engine may load again afterwards. */
  unload(): Promise<void>;
}
