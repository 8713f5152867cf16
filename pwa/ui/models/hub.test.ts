import { expect, test } from 'vitest';
import type { HubModel } from '../../../engine/client/index.ts';
import { describeHit, nameOf, pageOf, sizesOf } from './hub.ts';

test('a hit is told with what is known of it', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  const hit = { id: 'a/b', downloads: 3_210_000, likes: 1410, gated: false };
  const told = (more: Partial<HubModel>) => describeHit({ ...hit, ...more }, now).replaceAll('\u00a0', ' ');
  expect(told({ license: 'apache-2.0', updated: '2026-11-20T10:00:00.000Z' })).toBe(
    '3.2M downloads · 1.4K likes · Apache 2.0 · updated yesterday',
  );
  expect(told({ downloads: 1, likes: 0, updated: 'soon' })).toBe('1 download · 0 likes');
});

test('an id has an owner and a name', () => {
  expect(nameOf('acme/Llama')).toEqual({ owner: 'acme', name: 'Llama' });
  expect(nameOf('Llama')).toEqual({ owner: 'Llama', name: 'Llama' });
});

test.each([
  ['acme/Llama-3.2-GGUF:Q4_K_M', 'https://huggingface.co/acme/Llama-3.2-GGUF'],
  ['acme/Llama', 'https://huggingface.co/acme/Llama'],
  ['https://huggingface.co/acme/Llama/resolve/main/a.gguf', 'https://huggingface.co/acme/Llama'],
  ['hf.co/acme/Llama', 'https://huggingface.co/acme/Llama'],
  ['https://models.example.org/a/b.gguf', undefined],
  ['nonsense', undefined],
])('the page of %s is %s', (source, page) => expect(pageOf(source)).toBe(page));

test('sizes come smallest first, unknown ones last', () => {
  const quantizations = [{ name: 'F16' }, { name: 'Q8_0', bytes: 8 }, { name: 'Q4_0', bytes: 4 }];
  const sizes = sizesOf({ id: 'a', name: 'A', kind: 'model', quantizations });
  expect(sizes.map(({ quantization }) => quantization)).toEqual(['Q4_0', 'Q8_0', 'F16']);
});
