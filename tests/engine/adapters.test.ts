// LoRA adapters on a running engine: attached and exchanged between answers and under them, brought back with a lost GPU.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adapterSource } from '../../engine/cli/adapters.ts';
import { openFileSource } from '../../engine/cli/file-source.ts';
import type { GenerateParams } from '../../engine/protocol/messages.ts';
import { createEngine } from '../../engine/runtime/create-engine.ts';
import type { AdapterSource, Engine, GenerateRequest, LoadOptions } from '../../engine/runtime/engine.ts';
import { randomAdapter } from '../fidelity/random-adapter.ts';
import { randomModel } from '../fidelity/random-model.ts';
import { writeGguf } from '../gguf-writer.ts';
import { FrailGpu } from './frail-gpu.ts';

const SHAPE = { layers: 1, width: 64, heads: 2, kvHeads: 1, headDim: 32, ffn: 128 };
const PATH = randomModel('adapted', { architecture: 'llama', type: 'Q8_0', ...SHAPE });
const ADAPTER = await randomAdapter('engine', PATH, { rank: 4, type: 'F16', alpha: 8, gain: 0.5 });
/** The end token, ruled out. */
const ENDLESS = { logitBias: { 261: -1e6 } };

let frail: FrailGpu;
let engine: Engine;
beforeAll(async () => {
  frail = await FrailGpu.open();
  engine = await createEngine({ gpu: frail.gpu });
});
afterAll(() => engine.unload());

async function open() {
  const source = await openFileSource(PATH);
  return { source, close: () => void source.close() };
}
async function load(options: LoadOptions = {}): Promise<void> {
  const { source, close } = await open();
  await engine.load(source, { sampling: { temperature: 0 }, reopen: open, ...options }).finally(close);
}
async function answer(options: GenerateParams = {}, more: Partial<GenerateRequest> = {}) {
  const signal = new AbortController().signal;
  const all = { raw: true, maxTokens: 24, ...ENDLESS, ...options };
  const request = { input: 'bcdfghjklm', options: all, owner: 'one', priority: 1, signal, onDelta: () => {}, ...more };
  const { text, usage } = await engine.generate(request);
  return { text, cached: usage.cachedTokens, tokens: usage.completionTokens };
}
/** The adapter, and how often it was opened and closed. */
function counted(scale = 1): AdapterSource & { opened: number; closed: number } {
  const source = adapterSource(ADAPTER, scale);
  const own = {
    ...source,
    opened: 0,
    closed: 0,
    open: async () => {
      own.opened++;
      const { source: bytes, close } = await source.open();
      return { source: bytes, close: () => (own.closed++, close()) };
    },
  };
  return own;
}
function written(name: string, architecture: string, value: number, columns = 64): AdapterSource {
  const factor = (which: 'a' | 'b', shape: [number, number]) => ({
    name: `blk.0.attn_q.weight.lora_${which}`,
    type: 'F32' as const,
    shape,
    data: new Uint8Array(new Float32Array(shape[0] * shape[1]).fill(value).buffer),
  });
  const metadata = { 'general.type': 'adapter', 'general.architecture': architecture, 'adapter.type': 'lora' };
  const bytes = writeGguf({ metadata, tensors: [factor('a', [columns, 2]), factor('b', [2, 64])] });
  const source = { size: bytes.length, read: async (at: number, n: number) => bytes.slice(at, at + n) };
  return { name, scale: 1, open: async () => ({ source, close: () => {} }) };
}

test('attached, exchanged, refused, detached', async () => {
  await expect(engine.adapt([])).rejects.toMatchObject({ code: 'invalid-state' });
  const { source: alone, close } = await adapterSource(ADAPTER, 1).open();
  const refused = {
    code: 'not-supported',
    message: expect.stringMatching(/adapter.*model of the architecture "llama"/),
  };
  await expect(engine.load(alone).finally(close)).rejects.toMatchObject(refused);
  await load();
  const base = { ...(await answer()), bytes: engine.info()!.gpuBytes };
  expect((await answer()).cached).toBeGreaterThan(0);

  const source = counted();
  await engine.adapt([source]);
  const adapted = { ...(await answer()), bytes: engine.info()!.gpuBytes };
  expect(adapted.cached).toBe(0);
  expect(adapted.text).not.toBe(base.text);
  expect(adapted.bytes).toBeGreaterThan(base.bytes);
  expect([source.opened, source.closed]).toEqual([1, 1]);

  const unreadable = { ...source, name: 'lost', open: () => Promise.reject(new Error('it is not there')) };
  for (const [wrong, code, message] of [
    [{ ...source, name: 'endless', scale: Infinity }, 'bad-argument', /Adapter "endless": Its scale is Infinity/],
    [written('foreign', 'qwen2', 1), 'bad-argument', /Adapter "foreign": .* architecture "qwen2"/],
    [written('narrow', 'llama', 1, 32), 'bad-argument', /Adapter "narrow": .*"blk.0.attn_q.weight" .*\[32, 64\]/],
    [written('broken', 'llama', Number.NaN), 'bad-file', /Adapter "broken": .* NaN or infinity/],
    [unreadable, 'internal', /Adapter "lost": it is not there/],
  ] as const) {
    await expect(engine.adapt([source, wrong])).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  }
  await expect(engine.adapt(Array.from({ length: 17 }, () => source))).rejects.toMatchObject({ code: 'bad-argument' });
  expect(source.closed).toBe(source.opened);
  expect(engine.info()!.gpuBytes).toBe(adapted.bytes);
  expect((await answer()).text).toBe(adapted.text);

  await engine.adapt([counted(0.25)]);
  expect(engine.info()!.gpuBytes).toBe(adapted.bytes);
  expect((await answer()).text).not.toBe(adapted.text);
  await engine.adapt([]);
  expect(await answer()).toMatchObject({ text: base.text, cached: 0 });
  expect(engine.info()!.gpuBytes).toBe(base.bytes);
});

test('exchanged under running answers; kept where the GPU is lost while others are attached', async () => {
  const source = counted();
  await load({ adapters: [source] });
  const adapted = await answer({ maxTokens: 40 });
  await engine.adapt([]);
  const base = await answer({ maxTokens: 40 });

  // Whenever they are exchanged, some answer is running.
  const state = { exchanged: false };
  const exchange = engine.adapt([source]).finally(() => (state.exchanged = true));
  const texts: string[] = [];
  while (!state.exchanged) {
    const { text, tokens } = await answer({ maxTokens: 40 }, { owner: `answer ${texts.length}` });
    expect(tokens).toBe(40);
    texts.push(text);
  }
  await exchange;
  // The last of them may have been under way.
  for (const text of texts.slice(0, -1)) expect(text).toBe(base.text);
  expect((await answer({ maxTokens: 40 })).text).toBe(adapted.text);

  source.opened = source.closed = 0;
  const losing = { ...source, open: () => (frail.lose(), source.open()) };
  let refused: Promise<unknown> | undefined;
  let deltas = 0;
  const onDelta = (): void => {
    if (++deltas === 4) refused = engine.adapt([losing]).catch((error: unknown) => error);
  };
  const lost = await answer({ maxTokens: 40 }, { owner: 'lost', onDelta });
  expect(await refused).toMatchObject({ code: 'device-lost' });
  expect(lost.text).toBe(adapted.text);
  expect(frail.opened).toBe(2);
  expect(source.closed).toBe(source.opened);
});
