import { expect, test } from 'vitest';
import { modelsOf } from './local-files.ts';

test('parts of a split model belong together and in order; what is no GGUF file is told apart', () => {
  const names = ['b-00002-of-00002.gguf', 'notes.txt', 'One.Model-Q4_0.GGUF', 'b-00001-of-00002.gguf'];
  const { models, foreign } = modelsOf(names.map((name) => ({ name })));
  expect(models).toEqual([
    { name: 'b', files: [{ name: 'b-00001-of-00002.gguf' }, { name: 'b-00002-of-00002.gguf' }] },
    { name: 'One.Model-Q4_0', files: [{ name: 'One.Model-Q4_0.GGUF' }] },
  ]);
  expect(foreign).toEqual([{ name: 'notes.txt' }]);
});
