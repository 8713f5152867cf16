import { expect, test } from 'vitest';
import { adapterFrom } from './adapters.ts';

test.each([
  ['some/style.gguf', 'style.gguf', 1],
  ['style.gguf:0.5', 'style.gguf', 0.5],
  ['style.gguf:-2', 'style.gguf', -2],
  ['style.gguf:.5', 'style.gguf', 0.5],
  ['style.gguf:+1.', 'style.gguf', 1],
  ['style.gguf:5e-1', 'style.gguf', 0.5],
  ['C:/style.gguf', 'style.gguf', 1],
  ['C:/style.gguf:0.25', 'style.gguf', 0.25],
])('%s', (text, name, scale) => {
  expect(adapterFrom(text)).toMatchObject({ name, scale });
});

test('a file that is not there is named', async () => {
  await expect(adapterFrom('nowhere/style.gguf:2').open()).rejects.toMatchObject({
    code: 'bad-argument',
    message: expect.stringContaining('nowhere/style.gguf.') as string,
  });
});
