import { describe, expect, test } from 'vitest';
import { headerOf } from '../../tests/fidelity/header-of.ts';
import { writeGguf } from '../../tests/gguf-writer.ts';
import type { RandomModel } from '../../tests/fidelity/random-model.ts';
import { BOUNDLESS } from '../gpu/counting-gpu.ts';
import { budgetOf, PHONE } from '../gpu/memory.ts';
import { blobSource } from '../gguf/source.ts';
import type { AdapterSource } from './engine.ts';
import { fitAbout, type FitDevice, fitOf } from './fit.ts';

const GIB = 2 ** 30;
const SMALL: RandomModel = {
  architecture: 'llama',
  type: 'Q8_0',
  layers: 2,
  width: 256,
  heads: 4,
  kvHeads: 4,
  headDim: 64,
  ffn: 512,
  context: 8192,
};
const small = await headerOf(SMALL);
const withMemory = (gib: number): FitDevice => ({ ...BOUNDLESS, memoryBytes: gib * GIB });
const fitIn = async (device: FitDevice, options = {}) => (await fitOf(small, device, options)).fit;
const whole = await fitIn(withMemory(4));
const one = await fitIn({ ...BOUNDLESS, budgetBytes: whole.gpuBytes });

describe('from the header', () => {
  test('fits, with nothing to say', () => {
    expect(whole).toMatchObject({ verdict: 'fits', contextTokens: 4096, reasons: [], basis: 'header' });
    expect(whole.systemBytes).toBeGreaterThan(12 << 20);
  });

  test('a budget first takes what the cache has beyond one context', () => {
    expect(one).toMatchObject({ verdict: 'fits', contextTokens: 4096, reasons: [] });
    expect(one.gpuBytes).toBeLessThan(whole.gpuBytes);
  });

  test('then the context becomes shorter, and the reason says so', async () => {
    const fit = await fitIn({ ...BOUNDLESS, budgetBytes: one.gpuBytes + (8 << 20) - 1 });
    expect(fit).toMatchObject({ verdict: 'tight', contextTokens: 2048 });
    expect(fit.reasons).toEqual([expect.stringContaining('reduced to 2,048 tokens from 4,096')]);
    expect(await fitIn({ ...BOUNDLESS, budgetBytes: one.gpuBytes + (8 << 20) })).toEqual(one);
  });

  test('and then it does not fit', async () => {
    const fit = await fitIn({ ...BOUNDLESS, budgetBytes: 10e6 });
    expect(fit).toMatchObject({ verdict: 'wont-fit', contextTokens: 0 });
    expect(fit.reasons).toEqual([expect.stringContaining('this system ends a page that takes more than')]);
    expect(fit.gpuBytes).toBeGreaterThan(1e6);
  });

  test('the limit of a buffer shortens the context, too', async () => {
    const options = { contextTokens: 8192 };
    const layer = (await fitOf(small, withMemory(4), options)).memory!.kvCache / 4;
    const fit = await fitIn({ ...withMemory(4), maxStorageBufferBindingSize: layer / 4 - 1 }, options);
    expect(fit.verdict).toBe('tight');
    expect(fit.contextTokens).toBe(4096);
  });

  test('a context that the model was not made for is a mistake of the caller', async () => {
    await expect(fitIn(BOUNDLESS, { contextTokens: 8193 })).rejects.toMatchObject({ code: 'bad-argument' });
  });
});

describe('with an adapter', () => {
  const RANK = 32;
  /** Its values are never read: they are not even there. */
  function adapterFor(cols: number, read: number[] = []): AdapterSource {
    const factor = (which: 'a' | 'b', shape: [number, number]) =>
      ({ name: `blk.0.attn_output.weight.lora_${which}`, type: 'F32', shape }) as const;
    const metadata = { 'general.type': 'adapter', 'general.architecture': 'llama', 'adapter.type': 'lora' };
    const bytes = writeGguf({ metadata, tensors: [factor('a', [cols, RANK]), factor('b', [RANK, 256])] });
    const blob = blobSource(new Blob([bytes]));
    const values = bytes.length - (cols + 256) * RANK * 4;
    const source = {
      size: blob.size,
      read: (offset: number, length: number) => (offset >= values && read.push(offset), blob.read(offset, length)),
    };
    return { name: 'style', scale: 1, open: async () => ({ source, close: () => {} }) };
  }

  test('its factors, from its header', async () => {
    const read: number[] = [];
    const fit = await fitIn(withMemory(4), { adapters: [adapterFor(256, read)] });
    expect(fit).toMatchObject({ verdict: 'fits', contextTokens: 4096, reasons: [] });
    expect(fit.gpuBytes - whole.gpuBytes).toBeGreaterThan(2 * 256 * RANK * 4);
    expect(fit.gpuBytes - whole.gpuBytes).toBeLessThan(4 * 256 * RANK * 4);
    expect(read).toEqual([]);
    expect(await fitIn(withMemory(4), { adapters: [{ ...adapterFor(256), scale: 0 }] })).toEqual(whole);
  });

  test.each([
    [
      'no room beside the model',
      256,
      one.gpuBytes + (8 << 20),
      /: with them it would need 16\.\d MB where this device allows 16\.\d MB\.$/,
    ],
    ['not of this model', 128, Infinity, /Adapter "style": .* does not belong to this model/],
  ])('%s: it runs without', async (_, cols, budgetBytes, why) => {
    const fit = await fitIn({ ...withMemory(4), budgetBytes }, { adapters: [adapterFor(cols)] });
    const { gpuBytes } = budgetBytes === Infinity ? whole : one;
    expect(fit).toMatchObject({ verdict: 'tight', contextTokens: 4096, gpuBytes });
    expect(fit.reasons).toEqual([expect.stringMatching(why)]);
    expect(fit.reasons[0]).toMatch(/^It runs without its adapters: /);
  });
});

// 0.6 billion parameters in 8 bits take about 1.2 GB, 8 billion in 4 bits about 5.4 GB.
const half = { bytes: 639e6, parameters: 0.6e9, contextTokens: 32768 };
const large = { bytes: 5.03e9, parameters: 8e9, contextTokens: 32768 };

describe('from its size', () => {
  test.each([
    ['much memory', half, withMemory(8), 'fits', 4096],
    ['little memory', half, withMemory(2), 'tight', 4096],
    ['very little memory', half, withMemory(0.5), 'wont-fit', 0],
    ['memory that the browser does not tell', half, BOUNDLESS, 'unknown', 4096],
    ['memory that may be more than is told', large, withMemory(8), 'unknown', 4096],
    ['more than enough', large, withMemory(32), 'fits', 4096],
    ['one at the limit on a phone', { ...half, bytes: 760e6 }, PHONE, 'tight', 2048],
    ['a large one on a phone', large, PHONE, 'wont-fit', 0],
    ['a small one on a phone', { bytes: 145e6, parameters: 135e6, contextTokens: 8192 }, PHONE, 'fits', 4096],
  ])('%s', (_, facts, device, verdict, contextTokens) => {
    const fit = fitAbout(facts, device);
    expect(fit).toMatchObject({ verdict, contextTokens, basis: 'size' });
    expect(fit.reasons).toHaveLength(verdict === 'fits' ? 0 : 1);
  });

  test('no context beyond what it was made for', () => {
    expect(fitAbout({ ...half, contextTokens: 1024 }, withMemory(8)).contextTokens).toBe(1024);
  });

  // Qwen3 0.6B, whose cache is the largest for its size; Llama 3.2 1B, whose cache is the smallest.
  test.each([
    ['qwen3', 0.6e9, 'Q8_0', { layers: 28, width: 1024, heads: 16, headDim: 128, ffn: 3072, qkNorm: 'heads' }, 1.05],
    ['llama', 1.2e9, 'Q4_K', { layers: 16, width: 2048, heads: 32, headDim: 64, ffn: 8192 }, 1.5],
  ] as const)('is no less than what %s takes, nor far above', async (architecture, parameters, type, shape, above) => {
    const described: RandomModel = {
      ...shape,
      architecture,
      type,
      kvHeads: 8,
      vocab: 32768,
      tied: true,
      context: 32768,
    };
    const model = await headerOf(described);
    const { gpuBytes } = (await fitOf(model, BOUNDLESS)).fit;
    const about = fitAbout({ bytes: model.file.size, parameters, contextTokens: 32768 }, BOUNDLESS);
    expect(about.gpuBytes / gpuBytes).toBeGreaterThan(1);
    expect(about.gpuBytes / gpuBytes).toBeLessThan(above);
  });
});

test.each([
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1', 4 * GIB, true],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/150.0 Safari/604.1', GIB, true],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15', GIB, true],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15', 9 * GIB, false],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0.0.0 Safari/537.36', GIB, false],
  ['', GIB, false],
])('who is ended for too much memory: %s', (agent, maxBufferSize, phone) => {
  expect(budgetOf(agent, maxBufferSize)).toBe(phone ? PHONE.budgetBytes : Infinity);
});
