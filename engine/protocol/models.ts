/**
 * What is told of models and of room for them.
 *
 * @module
 */
import type { ErrorData } from './errors.ts';

/** A model that this installation knows: from the catalogue, or already stored. */
export interface ModelInfo {
  id: string;
  name: string;
  license: string;
  bytes: number;
  /** Bytes of it in OPFS; equal to `bytes` when `state` is 'stored'. */
  storedBytes: number;
  /** 'paused': in part, and nothing brings the rest now. */
  state: 'absent' | 'downloading' | 'paused' | 'stored';
  loaded: boolean;
  /** Of one that is 'paused', by a broken network or by the end of the engine: goes on by itself once it can. */
  resumes?: true;
  /** While it is downloaded or copied; no time left where the speed or the size is not known yet. */
  download?: { bytesPerSecond: number; secondsLeft?: number };
  /** 'adapter': a LoRA adapter, which attaches to a model and cannot run by itself. Known once it is stored. */
  kind: 'model' | 'adapter';
  /** Loaded where nobody asks for another: the one that all sites share. */
  isDefault: boolean;
  /** What the person set for it; what is absent is as the model's maker and this device have it. */
  settings: ModelSettings;
  /** Tokens that it was trained for, and the architecture its header names; known once it is stored. */
  trainedContextTokens?: number;
  architecture?: string;
  /** Measured on this device after a load, with these settings. */
  speed?: ModelSpeed;
  /** Why the last download or copy ended. */
  error?: ErrorData;
  /** 'Q4_K_M', …, where it is known. */
  quantization?: string;
  /** Files that it is made of, once it was added. */
  parts?: number;
  /** The link that it was added by. */
  from?: string;
  /** What the catalogue says of it. */
  catalog?: CatalogFacts;
  /** Whether this device can run it; absent where nothing is known of the device or the model. */
  fit?: ModelFit;
}

/** Whether a device can run a model, told before it is loaded or even downloaded. */
export interface ModelFit {
  /** 'tight': with a shorter context, without the adapters set for it, or with little memory left. 'unknown': what it takes is told, what there is the browser keeps to itself. */
  verdict: 'fits' | 'tight' | 'wont-fit' | 'unknown';
  /** Tokens of context that it would have; 0 where it does not fit. */
  contextTokens: number;
  /** Of weights, KV cache, work buffers and adapters at that context; of the shortest context where it does not fit. */
  gpuBytes: number;
  /** Of what is read and of its vocabulary, in the memory of the page. */
  systemBytes: number;
  /** For people; empty where it fits. */
  reasons: readonly string[];
  /** Whether it is told from the file's header, to the byte, or about, from its size and its parameters. */
  basis: 'header' | 'size';
}

/** Defaults of sampling, below what a request asks for; as in `GenerateParams`. */
export interface SamplingDefaults {
  temperature?: number | undefined;
  topK?: number | undefined;
  topP?: number | undefined;
  minP?: number | undefined;
  repetitionPenalty?: number | undefined;
}

/** What holds where neither a request nor a model says anything: llama.cpp's defaults (`common_params_sampling`). */
export const SAMPLING_DEFAULTS = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05, repetitionPenalty: 1 } as const;

/** What {@link ModelSettings} may hold: tokens of context, characters of a system prompt, adapters at once, and their scale's distance from 0. */
export const SETTINGS_LIMITS = { contextTokens: 1 << 20, systemChars: 1 << 15, adapters: 4, adapterScale: 10 } as const;

/** What a person sets for one model. */
export interface ModelSettings {
  /** Tokens one conversation may hold. Default: what it was trained for, at most 4096. */
  contextTokens?: number;
  /** Element type of the KV cache: q8 takes half the memory of f16. Default f16. */
  kvType?: 'f16' | 'q8';
  sampling?: SamplingDefaults;
  /** Of new chats in our own UI. Sites neither see nor get it. */
  system?: string;
  /** Stored LoRA adapters that are attached when it is loaded. */
  adapters?: readonly { id: string; scale: number }[];
}

/** Both in tokens per second: of a short prompt, and of one answer after it. */
export interface ModelSpeed {
  prefill: number;
  decode: number;
}

/** What a link or an id would bring, told before anything is downloaded. */
export interface ModelOffer {
  /** The id that `models.add` would give it. */
  id: string;
  name: string;
  license?: string;
  kind: 'model' | 'adapter';
  /** Of the file that is looked at. */
  quantization?: string;
  bytes?: number;
  /** All that the repository has, by name, with their bytes where known. */
  quantizations: readonly { name: string; bytes?: number }[];
  trainedContextTokens?: number;
  /** From the header, read by Range. */
  fit?: ModelFit;
}

/** One hit of a search on Hugging Face. */
export interface HubModel {
  /** 'owner/name' */
  id: string;
  downloads: number;
  likes: number;
  /** ISO 8601 */
  updated?: string;
  license?: string;
  /** Needs a token of an account that was let in. */
  gated: boolean;
}

/** What a person chooses a model by. */
export interface CatalogFacts {
  family: string;
  /** '0.6B' */
  parameters: string;
  contextTokens: number;
  /** BCP 47. */
  languages: readonly string[];
  strengths: readonly string[];
  /** Its makers' defaults. */
  sampling?: SamplingDefaults;
  /** What to know of its chat template. */
  template?: string;
  /** Why it is offered, in one line. */
  why: string;
  /** Bytes by quantization, about; absent where there is one file only. */
  sizes?: Readonly<Record<string, number>>;
}

/** Room for models, in bytes. */
export interface StorageEstimate {
  /** Of everything that this origin stores; absent where the browser does not say. */
  usage?: number;
  quota?: number;
  /** Of models alone, partial ones included. */
  models: number;
  /** Whether the browser never removes them by itself; absent where it does not say. */
  persisted?: boolean;
}
