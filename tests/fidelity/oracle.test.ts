// Two oracles that share no code must agree before anything is held against them: torch, whose activations are stored,
// and llama.cpp, which runs here.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { POCKET, STORED_PROMPTS, storedTaps } from './pocket.ts';
import { Reference } from './reference.ts';
import { floatTwin } from './twin.ts';

let reference: Reference;
beforeAll(async () => {
  reference = await Reference.open(await floatTwin(POCKET, 'F32'));
});
afterAll(() => reference.close());

test.each(STORED_PROMPTS)('stored logits of the prompt "$name" are those of llama.cpp', async (prompt) => {
  expect(reference.tokenize(prompt.text, true)).toEqual(prompt.ids);
  const stored = storedTaps(prompt).get('result_output')!.data;
  const logits = await reference.logits(prompt.ids);
  expect(logits.length).toBe(stored.length);
  const worst = logits.reduce((most, logit, id) => Math.max(most, Math.abs(logit - stored[id]!)), 0);
  expect(worst).toBeLessThan(1e-3);
});

test.each(STORED_PROMPTS)('stored residuals of the prompt "$name" add up', (prompt) => {
  const taps = storedTaps(prompt);
  const sumOf = (a: string, b: string) => {
    const right = taps.get(b)!.data;
    return taps.get(a)!.data.map((value, i) => value + right[i]!);
  };
  let residual = 'inp_embd';
  let layers = 0;
  for (; taps.has(`l_out-${layers}`); layers++) {
    expectClose(taps.get(`ffn_inp-${layers}`)!.data, sumOf(residual, `attn_out-${layers}`));
    residual = `l_out-${layers}`;
    expectClose(taps.get(residual)!.data, sumOf(`ffn_inp-${layers}`, `ffn_out-${layers}`));
  }
  expect(layers).toBe(10);
});

function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  const size = Math.max(...expected.map(Math.abs));
  expect(Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(size * 1e-6);
}
