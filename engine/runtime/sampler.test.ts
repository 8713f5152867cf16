import { describe, expect, it } from 'vitest';
import { MASKED } from '../../shaders/sample/mask-logits.kernel.ts';
import { CANDIDATES } from '../../shaders/sample/top-k.kernel.ts';
import type { Candidates } from './results.ts';
import { draw, drawsOnGpu, samplingParams, type SamplingParams, uniform } from './sampler.ts';

/** What the GPU would give for these logits. */
function candidatesOf(logits: Float32Array, temperature: number): Candidates {
  const ids = Uint32Array.from(logits, (_, i) => i).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const best = ids.slice(0, CANDIDATES);
  const max = logits[ids[0]!]!;
  let sum = 0;
  let sumAtTemperature = 0;
  for (const l of logits) {
    sum += Math.exp(l - max);
    sumAtTemperature += Math.exp((l - max) / temperature);
  }
  return { ids: best, logits: Float32Array.from(best, (id) => logits[id]!), max, sum, sumAtTemperature };
}

/** llama.cpp's chain written out on plain arrays: top-k, top-p, min-p, temperature. */
function expectedShares(logits: Float32Array, p: SamplingParams): Map<number, number> {
  let list = [...logits].map((l, id) => ({ id, l })).sort((a, b) => b.l - a.l || a.id - b.id);
  if (p.topK > 0) list = list.slice(0, p.topK);
  const softmax = (t: number) => {
    const w = list.map(({ l }) => Math.exp((l - list[0]!.l) / t));
    const total = w.reduce((a, b) => a + b, 0);
    return w.map((x) => x / total);
  };
  if (p.topP < 1) {
    let mass = 0;
    const cut = softmax(1).findIndex((share) => (mass += share) >= p.topP);
    list = list.slice(0, cut < 0 ? list.length : cut + 1);
  }
  if (p.minP > 0) {
    const shares = softmax(1);
    list = list.filter((_, i) => shares[i]! >= p.minP * shares[0]!);
  }
  const shares = softmax(p.temperature);
  return new Map(list.map(({ id }, i) => [id, shares[i]!]));
}

function random(seed: number) {
  return () => uniform(seed++, 7);
}

const vocab = 1000;
const peaked = Float32Array.from({ length: vocab }, (_, i) => random(i)() * 12);
const flat = Float32Array.from({ length: vocab }, (_, i) => random(i)() * 0.5);

describe('draw', () => {
  const cases: [string, Float32Array, Partial<SamplingParams>][] = [
    ['temperature alone, peaked', peaked, { temperature: 0.7 }],
    ['temperature alone, flat: needs all logits', flat, { temperature: 1.5 }],
    ['top-k', peaked, { temperature: 1, topK: 5 }],
    ['a top-k wider than the candidates', flat, { temperature: 1, topK: 400 }],
    ['top-p', peaked, { temperature: 1.2, topP: 0.8 }],
    ['top-p on a flat distribution', flat, { temperature: 1, topP: 0.9 }],
    ['min-p', peaked, { temperature: 1, minP: 0.1 }],
    ['min-p on a flat distribution', flat, { temperature: 1, minP: 0.7 }],
    ["llama.cpp's defaults", peaked, { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 }],
  ];
  it.each(cases)('draws as llama.cpp would: %s', async (_, logits, given) => {
    const base = { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 1, repetitionPenalty: 1 };
    const params: SamplingParams = { ...base, presencePenalty: 0, frequencyPenalty: 0, logitBias: new Map(), ...given };
    const shares = expectedShares(logits, params);
    const candidates = candidatesOf(logits, params.temperature);
    const draws = 1500;
    const seen = new Map<number, number>();
    for (let i = 0; i < draws; i++) {
      const id = await draw({ ...params, seed: i }, 3, vocab, candidates, async () => logits);
      seen.set(id, (seen.get(id) ?? 0) + 1);
    }
    for (const id of seen.keys()) expect(shares.has(id)).toBe(true);
    // The shares of tokens in order, summed up, differ from the expected ones by less than five standard deviations.
    let expected = 0;
    let got = 0;
    for (const [id, share] of shares) {
      expected += share;
      got += (seen.get(id) ?? 0) / draws;
      expect(Math.abs(got - expected)).toBeLessThan(5 * Math.sqrt(0.25 / draws));
    }
  });

  it('draws nothing that a grammar has left out, whatever is rounded', async () => {
    const masked = Float32Array.from({ length: vocab }, (_, id) => (id === 500 || id === 7 ? -id : MASKED));
    for (const given of [{ topK: 0 }, { topK: 400 }, { topK: 0, topP: 0.999 }]) {
      const params = samplingParams({ temperature: 100, topP: 1, minP: 0, seed: 3, ...given });
      const candidates = { ...candidatesOf(masked, 100), sumAtTemperature: 5 }; // more than there is to draw from
      for (let position = 0; position < 200; position++) {
        expect([7, 500]).toContain(await draw(params, position, vocab, candidates, async () => masked));
      }
    }
  });

  it('draws the same for the same seed and position', async () => {
    const params = samplingParams({ temperature: 1, seed: 42, topK: 0, topP: 1, minP: 0 });
    const candidates = candidatesOf(peaked, 1);
    const run = () =>
      Promise.all(Array.from({ length: 50 }, (_, p) => draw(params, p, vocab, candidates, async () => peaked)));
    const first = await run();
    expect(await run()).toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(5);
  });
});

describe('samplingParams', () => {
  it('refuses more biases than fit', () => {
    const logitBias = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [i, 1]));
    expect(() => samplingParams({ logitBias })).toThrow(/600/);
  });

  it.each([
    [{ temperature: 0, topK: 0 }, true],
    [{}, true], // llama.cpp's defaults
    [{ topK: CANDIDATES }, true],
    [{ topK: 0 }, false],
    [{ topK: CANDIDATES + 1 }, false],
  ])('%j draws on the GPU: %s', (options, expected) => {
    expect(drawsOnGpu(samplingParams(options))).toBe(expected);
  });
});
