/**
 * The client side of localLLM: for pages (`getLocalLLM`) and for our own UI (`createClient`). Ships no engine.
 *
 * @module
 * @example
 * import { getLocalLLM } from 'localllm/client';
 * const llm = await getLocalLLM();
 * for await (const text of llm.generateStreaming('What is the capital of France?')) show(text);
 */
export type { Connect, ConnectHandlers, Link } from './channel.ts';
export { createClient } from './client.ts';
export type { Client } from './client.ts';
export { createPageClient } from './page-client.ts';
export type { ClientGenerateOptions, PageClient } from './page-client.ts';
export { ANNOUNCE_EVENT, getLocalLLM, REQUEST_EVENT } from './discovery.ts';
export type { ProviderDetail, ProviderInfo } from './discovery.ts';
export { installGlobal } from './install-global.ts';
export type * from './language-model-types.ts';
export { createLocalLLM } from './local-llm.ts';
export type { GenerateOptions, LocalLLM } from './local-llm.ts';
export type { ModelMethods } from './models.ts';
export type { GenerateStream } from './stream.ts';
export { LocalLLMError } from '../protocol/errors.ts';
export type { ErrorCode, ErrorData, ErrorDetails } from '../protocol/errors.ts';
export { SAMPLING_DEFAULTS, SETTINGS_LIMITS } from '../protocol/models.ts';
export type { HubModel, ModelFit, ModelOffer, ModelSettings, SamplingDefaults } from '../protocol/models.ts';
export type {
  Availability,
  CatalogFacts,
  Constraint,
  EngineStatus,
  GenerateParams,
  GenerateResult,
  Input,
  Measure,
  Message,
  ModelInfo,
  StorageEstimate,
  Timing,
  TokenLogprob,
  Tool,
  ToolCall,
  Usage,
} from '../protocol/messages.ts';
