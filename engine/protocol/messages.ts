/**
 * The one protocol between whoever asks (page, popup, options page, PWA) and the engine host.
 *
 * A *channel* is one connected asker. Over it travel *frames*: requests down, deltas and results up.
 * Between the background page, the offscreen document and the worker, frames of many channels share a pipe
 * inside *envelopes*; whoever opens the channel on the trusted side states its origin there, never the asker.
 *
 * Every request ends in exactly one `done` or `error` (a cancelled one in `error` with code `aborted`).
 *
 * @module
 */
import * as v from 'valibot';
import type { ErrorData } from './errors.ts';
import type { HubModel, ModelInfo, ModelOffer, ModelSettings, StorageEstimate } from './models.ts';
import type { EngineProfile } from './profile.ts';
import type { Timing, TokenLogprob, Usage } from './results.ts';

export type { CatalogFacts, ModelInfo, StorageEstimate } from './models.ts';
export type { Timing, TokenLogprob, Usage } from './results.ts';

/** Text of one request (messages, system prompt and tools together); beyond it the request ends with `quota`. */
export const MAX_TEXT_CHARS = 1 << 20;
export const MAX_MESSAGES = 1024;
/** Requests one owner may have open at once over all its channels, and how many of them may be answers; beyond them `quota`. */
export const MAX_OPEN_REQUESTS = 64;
export const MAX_OPEN_GENERATES = 16;
/** Deltas the host may send before it needs more credit. */
export const INITIAL_CREDIT = 64;
/** The host sends a heartbeat for each running request at least this often. */
export const HEARTBEAT_MS = 5_000;

const finite = v.pipe(v.number(), v.finite());
const between = (low: number, high: number) => v.pipe(finite, v.minValue(low), v.maxValue(high));
const count = (high: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(high));

export const ToolCallSchema = v.strictObject({
  id: v.optional(v.string()),
  name: v.string(),
  arguments: v.record(v.string(), v.unknown()),
});
export const ToolSchema = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  description: v.optional(v.string()),
  parameters: v.optional(v.record(v.string(), v.unknown())),
});
export const MessageSchema = v.strictObject({
  role: v.picklist(['system', 'user', 'assistant', 'tool']),
  content: v.string(),
  toolCalls: v.optional(v.array(ToolCallSchema)),
  toolCallId: v.optional(v.string()),
  /** Of the last message, an assistant's: the answer goes on from this text instead of beginning a turn of its own. */
  prefix: v.optional(v.boolean()),
});
/** What an answer has to be: a JSON text that a schema accepts, or a text that a regular expression matches as a whole. */
export const ConstraintSchema = v.variant('type', [
  v.strictObject({ type: v.literal('json-schema'), schema: v.record(v.string(), v.unknown()) }),
  v.strictObject({ type: v.literal('regexp'), source: v.pipe(v.string(), v.maxLength(16_384)), flags: v.string() }),
]);
const InputTextSchema = v.string((issue) => `Expected a string or an array of messages but received ${issue.received}`);
const InputMessagesSchema = v.pipe(v.array(MessageSchema), v.minLength(1), v.maxLength(MAX_MESSAGES));
/** Not a union: an issue then carries the path of the one message that is wrong. */
export const InputSchema = v.lazy((input): v.GenericSchema<string | v.InferOutput<typeof InputMessagesSchema>> =>
  Array.isArray(input) ? InputMessagesSchema : InputTextSchema,
);

/** Options of `generate` as they cross the port: `signal` has become a `cancel` frame, a RegExp its source. */
export const GenerateParamsSchema = v.strictObject({
  system: v.optional(v.string()),
  raw: v.optional(v.boolean()),
  maxTokens: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  temperature: v.optional(between(0, 100)),
  topK: v.optional(count(1 << 20)),
  topP: v.optional(between(0, 1)),
  minP: v.optional(between(0, 1)),
  seed: v.optional(count(0xffff_ffff)),
  repetitionPenalty: v.optional(between(0.01, 100)),
  presencePenalty: v.optional(between(-100, 100)),
  frequencyPenalty: v.optional(between(-100, 100)),
  logitBias: v.optional(v.record(v.pipe(v.string(), v.regex(/^\d{1,9}$/)), between(-1e9, 1e9))),
  stop: v.optional(v.pipe(v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(1024))), v.maxLength(64))),
  tools: v.optional(v.pipe(v.array(ToolSchema), v.maxLength(128))),
  logprobs: v.optional(count(20)),
  responseConstraint: v.optional(ConstraintSchema),
  /** Whether a model that thinks before it answers may. Default: as its chat template does. */
  thinking: v.optional(v.boolean()),
});

export type ToolCall = v.InferOutput<typeof ToolCallSchema>;
export type Tool = v.InferOutput<typeof ToolSchema>;
export type Message = v.InferOutput<typeof MessageSchema>;
export type Constraint = v.InferOutput<typeof ConstraintSchema>;
export type Input = v.InferOutput<typeof InputSchema>;
export type GenerateParams = v.InferOutput<typeof GenerateParamsSchema>;

export interface GenerateResult {
  text: string;
  finishReason: 'stop' | 'length' | 'tool-calls';
  toolCalls?: ToolCall[];
  logprobs?: TokenLogprob[];
  usage: Usage;
  timing: Timing;
}

export type Availability = 'unavailable' | 'downloadable' | 'downloading' | 'available';

export interface EngineStatus {
  state: 'idle' | 'downloading' | 'loading' | 'ready' | 'profiling' | 'failed';
  /** The model that is loaded, being loaded or profiled. */
  model?: { id: string; name: string; contextTokens: number };
  /** 0…1 while downloading, loading or profiling. */
  progress?: number;
  /** 'google swiftshader', 'nvidia ada', …: vendor and architecture of the adapter. */
  adapter?: string;
  /** GPU memory held by weights, KV cache and work buffers. */
  gpuBytes?: number;
  /** What the person should know though nothing failed: the GPU is being opened again, the context is shorter than wanted. */
  notice?: string;
  error?: ErrorData;
  /** Requests running and waiting, over all channels. */
  running: number;
  waiting: number;
}

/** Size of a prompt, and of the context that it has to fit in, in tokens. */
export interface Measure {
  tokens: number;
  contextTokens: number;
}

/** What can be asked. `trusted` methods answer only our own pages (popup, options, PWA). */
export interface Methods {
  availability: { params: undefined; result: Availability; trusted: false };
  /** With `stream`, `delta` frames carry the text as it is decided; `done` carries all of it either way. */
  generate: {
    params: { input: Input; options: GenerateParams; stream: boolean };
    result: GenerateResult;
    trusted: false;
  };
  /** Counts the prompt's tokens as `generate` would see them, chat template included; needs a grant, as that does. */
  measure: { params: { input: Input; options: GenerateParams }; result: Measure; trusted: false };
  /** Computes the prompt's KV for a later `generate` that begins with it. Makes no text. */
  prefill: { params: { input: Input; options: GenerateParams }; result: Usage; trusted: false };
  'permissions.query': { params: undefined; result: PermissionState; trusted: false };
  'permissions.request': { params: undefined; result: PermissionState; trusted: false };
  /** The engine's status now; with `watch`, a `status` frame at every change until cancelled. */
  'engine.status': { params: { watch: boolean }; result: EngineStatus; trusted: true };
  /**
   * Downloads (once) and loads a model; `status` frames report progress. No id: the default model. Another one by its id answers until the
   * engine ends, and takes the place of what is loaded as `models.setDefault` does.
   */
  'engine.load': { params: { id?: string }; result: EngineStatus; trusted: true };
  /** Frees the GPU; the next request loads again. Also the way out of a lost device. */
  'engine.unload': { params: undefined; result: EngineStatus; trusted: true };
  /**
   * Loads the chosen model on a GPU of its own, with timestamps, and times a decode step and a prefill chunk; `status` frames
   * report progress. Meanwhile nothing is answered.
   */
  'engine.profile': { params: { past: number }; result: EngineProfile; trusted: true };
  'models.list': { params: undefined; result: ModelInfo[]; trusted: true };
  /** Deletes a model, whole or in part; its download ends. */
  'models.delete': { params: { id: string }; result: ModelInfo[]; trusted: true };
  /** `models` frames now and at each change, until cancelled. */
  'models.watch': { params: undefined; result: never; trusted: true };
  /**
   * Finds what `source` names (an id of the catalogue, a Hugging Face id or link, an https address of a GGUF file) and begins to download
   * it; the download goes on when the asker leaves. Answers with the model's id.
   */
  'models.add': { params: { source: string; quantization?: string }; result: { id: string }; trusted: true };
  /** Stops a download; what is there stays. */
  'models.pause': { params: { id: string }; result: ModelInfo[]; trusted: true };
  /** Goes on with a download. */
  'models.resume': { params: { id: string }; result: ModelInfo[]; trusted: true };
  'models.rename': { params: { id: string; name: string }; result: ModelInfo[]; trusted: true };
  /** Copies files that arrive by the file exchange under `ticket` (see files.ts). Answers when they are stored. */
  'models.import': { params: { ticket: string; name: string }; result: { id: string }; trusted: true };
  /** Hands a stored model's files to the file exchange under `ticket`. Answers when they were taken. */
  'models.export': { params: { id: string; ticket: string }; result: null; trusted: true };
  /**
   * The model that all sites and chats share from now on, kept on disk. One that is stored is loaded in the place of another one that is
   * loaded: running answers finish first, requests that arrive meanwhile wait for the new one, and sessions are told. After a minute the
   * status says that asking for the same once more ends those answers. Where loading fails, the default stays as it was.
   */
  'models.setDefault': { params: { id: string }; result: ModelInfo[]; trusted: true };
  /** Replaces what is set for a model, kept on disk. A loaded one takes it on when its running answers have finished. */
  'models.configure': { params: { id: string; settings: ModelSettings }; result: ModelInfo[]; trusted: true };
  /** What `models.add` with the same words would bring, and whether it fits. Downloads its header at most. */
  'models.inspect': { params: { source: string; quantization?: string }; result: ModelOffer; trusted: true };
  /** Searches Hugging Face for GGUF files. `next` asks for more. */
  'models.search': {
    params: { query: string; next?: string };
    result: { models: HubModel[]; next?: string };
    trusted: true;
  };
  /** A Hugging Face access token, kept on disk by the worker and sent to that host alone; empty: none any more. It is never told again. */
  'models.token': { params: { token: string }; result: null; trusted: true };
  'models.hub': { params: undefined; result: { hasToken: boolean }; trusted: true };
  'storage.estimate': { params: undefined; result: StorageEstimate; trusted: true };
}
export type Method = keyof Methods;

/** The methods that answer a page; all others answer only trusted channels. */
export const PAGE_METHODS: readonly Method[] = [
  'availability',
  'generate',
  'measure',
  'prefill',
  'permissions.query',
  'permissions.request',
];

/** All of them. Their schemas are in params.ts: scripts that only relay do without. */
const METHODS = [
  ...PAGE_METHODS,
  'engine.status',
  'engine.load',
  'engine.unload',
  'engine.profile',
  'models.list',
  'models.delete',
  'models.watch',
  'models.add',
  'models.pause',
  'models.resume',
  'models.rename',
  'models.import',
  'models.export',
  'models.setDefault',
  'models.configure',
  'models.inspect',
  'models.search',
  'models.token',
  'models.hub',
  'storage.estimate',
] as const satisfies readonly Method[];

const id = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** From the asker to the host. */
export const DownFrameSchema = v.variant('t', [
  v.strictObject({
    t: v.literal('request'),
    id,
    method: v.picklist(METHODS),
    params: v.optional(v.unknown()),
    /** Whether the page had transient user activation; the content script states it, only to decide whether to ask. */
    activation: v.optional(v.boolean()),
  }),
  v.strictObject({ t: v.literal('cancel'), id }),
  v.strictObject({ t: v.literal('credit'), id, deltas: count(1 << 16) }),
]);
export type DownFrame = v.InferOutput<typeof DownFrameSchema>;

/** From the host to the asker. Clients count requests from 1: id 0 belongs to an error about a frame that had no usable id. */
export type UpFrame =
  | { t: 'delta'; id: number; text: string }
  | { t: 'status'; id: number; status: EngineStatus }
  | { t: 'models'; id: number; models: ModelInfo[] }
  /** Of no request (id 0), to channels that may generate: another model answers from now on, with this much context. */
  | { t: 'model'; id: 0; contextTokens: number }
  /** `progress`: 0…1 of the model that the request waits for, while it is downloaded. */
  | { t: 'heartbeat'; id: number; progress?: number }
  | { t: 'done'; id: number; result: unknown }
  | { t: 'error'; id: number; error: ErrorData };

/** Who a channel speaks for. Made from the port's sender by the background, or by the PWA's own shell; never from a frame. */
export interface ChannelIdentity {
  /** 'https://example.org', or the extension's or PWA's own origin. */
  origin: string;
  /** Our own pages: may manage models and goes first. */
  trusted: boolean;
  /**
   * Whose KV, queue and share of the GPU its requests count to: the origin, for a frame with the site it is shown in, apart for
   * private windows. Channels of one owner are one site to each other.
   */
  owner: string;
}

/** Frames of many channels in one pipe (background ↔ offscreen document ↔ worker, PWA ↔ worker). */
export type DownEnvelope =
  /** The first message to a worker: what the catalogue's URLs are relative to. */
  | { e: 'configure'; baseUrl: string }
  | { e: 'open'; channel: string; identity: ChannelIdentity }
  | { e: 'frame'; channel: string; frame: DownFrame }
  | { e: 'close'; channel: string }
  /** Whether the person sees the tab of this channel now; channels open unseen. */
  | { e: 'visible'; channel: string; visible: boolean };
export type UpEnvelope =
  | { e: 'frame'; channel: string; frame: UpFrame }
  /** The worker went away: every channel is closed, the next `open` starts a new one. */
  | { e: 'lost'; message: string };
