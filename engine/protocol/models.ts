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
  /** While it is downloaded or copied; no time left where the speed or the size is not known yet. */
  download?: { bytesPerSecond: number; secondsLeft?: number };
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
  /** 'tight': with a shorter context, or with little memory left. 'unknown': what it takes is told, what there is the browser keeps to itself. */
  verdict: 'fits' | 'tight' | 'wont-fit' | 'unknown';
  /** Tokens of context that it would have; 0 where it does not fit. */
  contextTokens: number;
  /** Of weights, KV cache and work buffers at that context; of the shortest context where it does not fit. */
  gpuBytes: number;
  /** Of what is read and of its vocabulary, in the memory of the page. */
  systemBytes: number;
  /** For people; empty where it fits. */
  reasons: readonly string[];
  /** Whether it is told from the file's header, to the byte, or about, from its size and its parameters. */
  basis: 'header' | 'size';
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
