/**
 * An engine that only pretends, for looking at every state of the views: it speaks the protocol, and writes one canned answer.
 *
 * @module
 */
import type { Connect } from '../../engine/client/index.ts';
import type { ErrorCode } from '../../engine/protocol/errors.ts';
import { FakeModels } from './fake-models.ts';
import { fakeProfile } from './fake-profile.ts';
import type { DownFrame, EngineStatus, GenerateResult, UpFrame } from '../../engine/protocol/messages.ts';

export const ANSWER = `**Paris** is the capital of France. A few facts:

| Fact | Value |
| --- | --- |
| Population | 2.1 million |
| River | Seine |

1. It lies in the *Île-de-France*.
2. See [the city's page](https://www.paris.fr/) or https://example.org/

\`\`\`json
{ "capital": "Paris", "country": "France", "landmarks": ["Louvre", "Eiffel Tower"], "founded": "3rd century BC" }
\`\`\`

> Ask for \`more\` if you like.`;

export interface FakeEngine {
  /** What the engine reports. */
  state: EngineStatus['state'];
  /** Why it failed, and why answers fail. */
  error?: ErrorCode;
  /** Between two deltas; Infinity: the answer never ends. */
  delayMs: number;
  /** Written instead of the canned answer. */
  answer?: string;
  /** 'many': some models in each state; else Pocket alone. */
  models?: string;
  /** Hands out what stands for the store. */
  onModels?: (models: FakeModels) => void;
}

const MESSAGES: Partial<Record<ErrorCode, string>> = {
  'no-webgpu': 'navigator.gpu is undefined in this worker.',
  'storage-full': 'pocket needs 11588800 bytes, 4096 are free.',
  'hash-mismatch': 'pocket: SHA-256 is 00ff…, expected 2542….',
};

export function fakeConnect(fake: FakeEngine): Connect {
  const error = fake.error && { code: fake.error, message: MESSAGES[fake.error] ?? `Pretended failure ${fake.error}.` };
  const model = { id: 'pocket', name: 'Pocket', contextTokens: 1024 };
  const status: EngineStatus = { state: fake.state, running: 0, waiting: 0, model };
  if (fake.state === 'downloading' || fake.state === 'loading') status.progress = 0.507;
  if (fake.state === 'ready') Object.assign(status, { adapter: 'google swiftshader', gpuBytes: 48_300_000 });
  if (fake.state === 'failed' && error) status.error = error;
  const models = new FakeModels(status);
  if (fake.models === 'many') models.fill();
  fake.onModels?.(models);
  return ({ onFrame }) => {
    const running = new Map<number, () => void>();
    let watcher = 0;
    const reply = (frame: UpFrame) => queueMicrotask(() => onFrame(frame));
    const send = (frame: DownFrame) => {
      if (frame.t === 'cancel') {
        models.leave(frame.id);
        running.get(frame.id)?.();
      }
      if (frame.t !== 'request') return;
      const { id, method } = frame;
      if (method === 'engine.status') {
        watcher = id;
        return reply({ t: 'status', id, status });
      }
      const tell = (now: EngineStatus) => reply({ t: 'status', id: watcher, status: now });
      if (models.answer(frame, reply, tell)) return;
      if (method === 'engine.profile') {
        if (error) return reply({ t: 'error', id, error });
        tell({ ...status, state: 'profiling', progress: 0.42 });
        const ended = setTimeout(() => {
          tell(status);
          reply({ t: 'done', id, result: fakeProfile() });
        }, fake.delayMs * 50);
        return running.set(id, () => (clearTimeout(ended), tell(status)));
      }
      if (method === 'measure') {
        const tokens = Math.ceil(JSON.stringify(frame.params).length / 4);
        return reply({ t: 'done', id, result: { tokens, contextTokens: model.contextTokens } });
      }
      if (method !== 'generate') return reply({ t: 'done', id, result: status });
      if (error) return reply({ t: 'error', id, error });
      running.set(id, write(id, fake, onFrame));
    };
    return { send, close: () => running.forEach((stop) => stop()) };
  };
}

/** Writes the answer word by word; returns what stops it. */
function write(id: number, { delayMs, answer = ANSWER }: FakeEngine, onFrame: (frame: UpFrame) => void): () => void {
  const words = answer.split(/(?<=\s)/);
  const endless = delayMs === Infinity;
  let written = 0;
  const timer = setInterval(
    () => {
      const text = words[written++];
      if (text !== undefined) return onFrame({ t: 'delta', id, text });
      if (endless) return;
      clearInterval(timer);
      const result: GenerateResult = {
        text: answer,
        finishReason: 'stop',
        usage: { promptTokens: 20, cachedTokens: 0, completionTokens: words.length },
        timing: { ttftMs: 80, tokensPerSecond: 42.34 },
      };
      onFrame({ t: 'done', id, result });
    },
    endless ? 5 : delayMs,
  );
  return () => {
    clearInterval(timer);
    onFrame({ t: 'error', id, error: { code: 'aborted', message: 'Stopped.' } });
  };
}
