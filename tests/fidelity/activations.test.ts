// Every value inside the forward that has a name, against what torch computed in float64 from the same weights.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dumpTaps } from '../../engine/runtime/evaluate.ts';
import type { TapValue } from '../../engine/runtime/forward.ts';
import type { LoadedModel } from '../../engine/runtime/load-model.ts';
import { openModel } from './load-engine.ts';
import { POCKET, STORED_PROMPTS, storedTaps } from './pocket.ts';

/**
 * Largest error of any value, relative to the root mean square of its tensor: f32 sums of some hundred terms, through ten
 * layers. The f16 cache rounds keys and values to 11 bits, which every later layer carries on.
 */
const TOLERANCE = { f32: 2e-4, f16: 2e-2 };

describe.each(['f32', 'f16'] as const)('with a KV cache in %s', (kvType) => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await openModel(POCKET, { kvType });
  });
  afterAll(() => model.release());

  test.each(STORED_PROMPTS)('each layer of the prompt "$name"', async (prompt) => {
    const stored = storedTaps(prompt);
    const taps = new Map((await dumpTaps(model, prompt.ids)).map((tap) => [tap.name, tap]));
    expect([...stored.keys()].filter((name) => !taps.has(name))).toEqual([]);
    const errors = [...stored].map(([name, { data }]) => [name, relativeError(lastRows(taps.get(name)!, data), data)]);
    const worst = errors.toSorted((a, b) => Number(b[1]) - Number(a[1])).slice(0, 3);
    console.log(
      `${kvType}, ${prompt.name}: ${worst.map(([name, e]) => `${name} ${Number(e).toExponential(1)}`).join(', ')}`,
    );
    expect(errors.filter(([, error]) => !(Number(error) < TOLERANCE[kvType]))).toEqual([]);
  });
});

/** As many of the last rows as are stored. */
function lastRows({ data }: TapValue, stored: Float32Array): Float32Array {
  expect(data.length).toBeGreaterThanOrEqual(stored.length);
  return data.subarray(data.length - stored.length);
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  const size = Math.sqrt(expected.reduce((sum, v) => sum + v * v, 0) / expected.length);
  return expected.reduce((most, v, i) => Math.max(most, Math.abs(actual[i]! - v)), 0) / size;
}
