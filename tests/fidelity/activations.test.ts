// Every value inside the forward that has a name, against what torch computed in float64 from the same weights.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dumpTaps } from '../../engine/runtime/evaluate.ts';
import type { TapValue } from '../../engine/runtime/forward.ts';
import type { LoadedModel } from '../../engine/runtime/load-model.ts';
import { openModel } from './load-engine.ts';
import { POCKET, STORED_PROMPTS, storedTaps } from './pocket.ts';

/**
 * Root mean square error of any token's row, relative to that of the row: the first tokens are ten times as large as the
 * rest and would hide errors in these. The same forward in numpy's float32 is off by 2e-6; the f16 cache rounds keys and
 * values to 11 bits, which every later layer carries on.
 */
const TOLERANCE = { f32: 5e-5, f16: 1e-2 };

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
    const errors = [...stored].map(([name, { shape, data }]) => {
      const width = shape[1]!;
      return [name, relativeError(lastRows(taps.get(name)!, shape), data, width)] as const;
    });
    const worst = errors.toSorted((a, b) => b[1] - a[1]).slice(0, 3);
    console.log(`${kvType}, ${prompt.name}: ${worst.map(([name, e]) => `${name} ${e.toExponential(1)}`).join(', ')}`);
    expect(errors.filter(([, error]) => !(error < TOLERANCE[kvType]))).toEqual([]);
  });
});

/** As many of the last rows as are stored. */
function lastRows({ shape, data }: TapValue, stored: readonly number[]): Float32Array {
  expect(shape[1]).toBe(stored[1]);
  expect(shape[0]).toBeGreaterThanOrEqual(stored[0]!);
  return data.subarray((shape[0] - stored[0]!) * shape[1]);
}

/** Of the row that is furthest off. */
function relativeError(actual: Float32Array, expected: Float32Array, width: number): number {
  let worst = 0;
  for (let row = 0; row < expected.length; row += width) {
    let error = 0;
    let size = 0;
    for (let i = row; i < row + width; i++) {
      error += (actual[i]! - expected[i]!) ** 2;
      size += expected[i]! ** 2;
    }
    const relative = Math.sqrt(error / size);
    if (!(relative <= worst)) worst = relative; // NaN stays
  }
  return worst;
}
