/**
 * localLLM's engine: GGUF models on WebGPU.
 *
 * @module
 * @example
 * const engine = await createEngine();
 * await engine.load(blobSource(file));
 * const { text } = await engine.generate({ input: 'Hello', options: {}, owner: 'me', priority: 0, signal: new AbortController().signal, onDelta: console.log });
 */
export { createEngine } from './runtime/create-engine.ts';
export type { AdapterSource, Engine, EngineInfo, GenerateRequest, LoadOptions, Shapes } from './runtime/engine.ts';
export { type ErrorCode, LocalLLMError } from './protocol/errors.ts';
export type { GenerateParams, GenerateResult, Input, Message, Tool, ToolCall, Usage } from './protocol/messages.ts';
export { type GgufFile, parseGguf, type TensorInfo } from './gguf/parse.ts';
export { blobSource, type ByteSource } from './gguf/source.ts';
export type { ModelSource } from './gguf/split.ts';
